"""Envelopes read from a request, from docs/spec/envelope.md: accepted ones, and each refused one beside its twin."""

import base64
import json

from vectors import Vectors

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
LEAST = {"specversion": "1.0", "id": "1", "source": "/s", "type": "a.b"}
DROP = object()
TEXTS = ["id", "subject", "correlationid", "causationid", "partitionkey"]

V = Vectors("parse")


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def change(members, changes):
    result = {**members, **changes}
    return {name: value for name, value in result.items() if value is not DROP}


def fault(field=None, code=None):
    """A fault that must be named; a part that the spec leaves open is left out."""
    return {name: value for name, value in (("field", field), ("code", code)) if value is not None}


def refused(code, *faults):
    return {"refused": {"code": code, "faults": list(faults)}}


def invalid(*faults):
    return refused("envelope-invalid", *faults)


def ok(requirements, title, members, envelope=None):
    """A structured envelope that is accepted as it is, or as `envelope`."""
    given = {"headers": {"content-type": STRUCTURED}, "body": text(members)}
    return V.add(requirements, title, given, {"envelope": members if envelope is None else envelope})


def ok_raw(requirements, title, headers, body, expect):
    given = {"headers": headers, "body": body} if isinstance(body, str) else {
        "headers": headers, "bodyBase64": base64.b64encode(body).decode()}
    return V.add(requirements, title, given, expect)


def bad(requirements, title, twin, changes, expect, parts=None):
    """The twin's structured envelope with changed members."""
    given = V.given(twin)
    body = text(change(json.loads(given["body"]), changes))
    if any("\ud800" <= letter <= "\udfff" for letter in body):
        body = json.dumps(json.loads(body), separators=(",", ":"))
    return V.add(requirements, title, {**given, "body": body}, expect, twin, parts)


def bad_body(requirements, title, twin, mutate, expect):
    """The twin's request with the bytes of its body changed."""
    given = V.given(twin)
    old = base64.b64decode(given["bodyBase64"]) if "bodyBase64" in given else given["body"].encode()
    new = mutate(old)
    try:
        body = {"body": new.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"bodyBase64": base64.b64encode(new).decode()}
    if new.startswith(b"\xef\xbb\xbf"):
        body = {"bodyBase64": base64.b64encode(new).decode()}
    return V.add(requirements, title, {"headers": given["headers"], **body}, expect, twin)


def bad_header(requirements, title, twin, changes, expect, parts=None):
    """The twin's request with a header changed."""
    given = V.given(twin)
    return V.add(requirements, title, {**given, "headers": change(given["headers"], changes)}, expect, twin, parts)


def attribute(name, requirements, good, wrong):
    """Each good value accepted; each wrong one refused, its twin the good value whose place it gives."""
    twins = []
    for title, value in good:
        twins.append(ok(requirements, f"{name}: {title}", {**LEAST, name: value}))
    for row in wrong:
        title, value, code = row[:3]
        twin = twins[row[3] if len(row) > 3 else 0]
        if code == "empty" and name not in TEXTS:
            code = None  # the empty string breaks a grammar too: the spec does not say which fault goes first
        bad(requirements, f"{name}: {title}", twin, {name: value}, invalid(fault(name, code)))


# --- Attributes --------------------------------------------------------------------------------------------------

def required():
    least = ok(["ENV-001", "ENV-011"], "the four required attributes alone", LEAST)
    whole = {
        "specversion": "1.0", "id": "7d1f", "source": "/documents", "type": "document.created",
        "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "data": {"id": "42"},
        "priority": "CRITICAL", "partitionkey": "42", "expirytime": "2026-01-02T00:00:00Z",
    }
    ok(["ENV-011"], "the example of the chapter", whole)
    singles = [bad(["ENV-001"], f"{name} is missing", least, {name: DROP}, invalid(fault(name, "missing")))
               for name in LEAST]
    nulls = [bad(["ENV-001", "ENV-009"], f"{name} is null, which is absent", least, {name: None},
                 invalid(fault(name, "missing"))) for name in LEAST]
    bad(["ENV-001", "ENV-004"], "all four are missing", least, {name: DROP for name in LEAST},
        invalid(*[fault(name, "missing") for name in LEAST]), singles)
    bad(["ENV-001", "ENV-004", "ENV-009"], "all four are null", least, {name: None for name in LEAST},
        invalid(*[fault(name, "missing") for name in LEAST]), nulls)
    for title, value in [("0.3", "0.3"), ("1", "1"), ("1.0.0", "1.0.0"), ("with a space behind", "1.0 ")]:
        bad(["ENV-002"], f"specversion: {title}", least, {"specversion": value}, invalid(fault("specversion")))
    bad(["ENV-002", "ENV-003"], "specversion: a number", least, {"specversion": 1.0},
        invalid(fault("specversion", "wrong-type")))


def texts():
    attribute("id", ["ENV-003"], [
        ("256 code units", "a" * 256),
        ("128 characters of two code units", "\U0001f600" * 128),
        ("beyond ASCII, with spaces", "\u00e9 \u4e2d\u6587 \u05d0"),
    ], [
        ("257 code units", "a" * 257, "too-long"),
        ("129 characters of two code units", "\U0001f600" * 129, "too-long", 1),
        ("empty", "", "empty"),
        ("a number", 7, "wrong-type"),
        ("a boolean", True, "wrong-type"),
        ("an object", {}, "wrong-type"),
        ("an array", ["1"], "wrong-type"),
    ])
    attribute("subject", ["ENV-003"], [
        ("4,096 code units", "s" * 4096),
        ("characters beside those forbidden", " ~\u00a0\ufdcf\ufdf0\ufffd\U0001fffd\ue000"),
        ("a surrogate pair", "\U0001f600"),
    ], [
        ("4,097 code units", "s" * 4097, "too-long"),
        ("empty", "", "empty"),
        ("a number", 1, "wrong-type"),
        ("U+0000", "a\u0000b", "character", 1),
        ("U+001F", "a\u001fb", "character", 1),
        ("a line feed", "a\nb", "character", 1),
        ("U+007F", "a\u007fb", "character", 1),
        ("U+0080", "a\u0080b", "character", 1),
        ("U+009F", "a\u009fb", "character", 1),
        ("a lone high surrogate", "a\ud800b", "character", 2),
        ("a lone low surrogate", "a\udfffb", "character", 2),
        ("the noncharacter U+FDD0", "a\ufdd0b", "character", 1),
        ("the noncharacter U+FDEF", "a\ufdefb", "character", 1),
        ("the noncharacter U+FFFE", "a\ufffeb", "character", 1),
        ("the noncharacter U+10FFFF", "a\U0010ffffb", "character", 1),
    ])
    for name in ["correlationid", "causationid", "partitionkey"]:
        attribute(name, ["ENV-003"], [("4,096 code units", "k" * 4096)], [
            ("4,097 code units", "k" * 4097, "too-long"),
            ("empty", "", "empty"),
            ("a number", 42, "wrong-type"),
            ("a control character", "a\tb", "character"),
        ])
    members = ",".join(f"k{n:02d}=" + "v" * 251 for n in range(16))
    attribute("tracestate", ["ENV-003"], [("4,096 code units", members + "v")], [
        ("4,097 code units", members + "vv", "too-long"),
        ("a boolean", True, "wrong-type"),
    ])


def sources():
    attribute("source", ["ENV-003"], [
        ("1,024 code units", "/" + "s" * 1023),
        ("a relative path", "a/b"),
        ("a URN", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"),
        ("a URL with query and fragment", "https://user@example.com:8080/a/b?c=d#e"),
        ("an IPv6 literal", "http://[2001:db8::1]/a"),
        ("a network-path reference", "//example.com/a"),
        ("a query alone", "?a=b"),
        ("a fragment alone", "#a"),
        ("a percent-encoded byte", "/a%20b"),
        ("a mail address", "mailto:a@example.com"),
        ("a colon behind the first slash", "./1:b"),
    ], [
        ("1,025 code units", "/" + "s" * 1024, "too-long"),
        ("empty", "", "empty"),
        ("a number", 5, "wrong-type"),
        ("a space", "/a b", "format", 8),
        ("a broken percent-encoding", "/a%2", "format", 8),
        ("a percent-encoding of no hexadecimal digits", "/a%zz", "format", 8),
        ("a character beyond ASCII", "/\u00e9", "format", 1),
        ("a backslash", "a\\b", "format", 1),
        ("an angle bracket", "/<a>", "format", 1),
        ("a double quote", "/\"a\"", "format", 1),
        ("a brace", "/{a}", "format", 1),
        ("a caret", "/a^b", "format", 1),
        ("a vertical bar", "/a|b", "format", 1),
        ("two fragments", "#a#b", "format", 7),
        ("a colon in the first segment of a relative path", "1:b", "format", 10),
        ("an IPv6 literal without its end", "http://[2001:db8::1/a", "format", 4),
        ("an IPv6 literal of other letters", "http://[2001:db8::g]/a", "format", 4),
        ("a port of letters", "https://example.com:http/a", "format", 3),
    ])
    attribute("dataschema", ["ENV-003"], [
        ("1,024 code units", "https://example.com/" + "s" * 1004),
        ("a URN", "urn:example:schema:1"),
    ], [
        ("1,025 code units", "https://example.com/" + "s" * 1005, "too-long"),
        ("a relative reference", "/schemas/1", "format"),
        ("a network-path reference", "//example.com/schemas/1", "format"),
        ("a space", "https://example.com/a b", "format"),
        ("empty", "", "empty"),
        ("a boolean", False, "wrong-type"),
    ])


def types():
    attribute("type", ["ENV-003"], [
        ("256 code units", "a." + "b" * 254),
        ("one token", "a"),
        ("17 tokens", ".".join("abcdefghijklmnopq")),
        ("the first and the last character of a token", "!.~"),
        ("letters of both cases, signs and digits", "Com.Example-1_2/x:y@z.v1"),
    ], [
        ("257 code units", "a." + "b" * 255, "too-long"),
        ("empty", "", "empty"),
        ("a number", 1, "wrong-type"),
        ("an empty token", "a..b", "format", 1),
        ("a dot at the front", ".a", "format", 1),
        ("a dot at the end", "a.", "format", 1),
        ("a dot alone", ".", "format", 1),
        ("a space", "a.b c", "format", 1),
        ("an asterisk", "a.*", "format", 1),
        ("an asterisk in a token", "a.b*c", "format", 1),
        ("a greater-than sign", "a.>", "format", 1),
        ("a character beyond ASCII", "a.\u00e9", "format", 1),
        ("U+007F", "a.\u007f", None, 1),
    ])


def times():
    attribute("time", ["ENV-003", "ENV-012"], [
        ("64 code units", "2026-01-01T00:00:00." + "1" * 43 + "Z"),
        ("an offset to the east", "2026-01-01T05:30:00+05:30"),
        ("an offset to the west", "2025-12-31T16:00:00-08:00"),
        ("the greatest offset", "2026-01-01T23:59:00+23:59"),
        ("an unknown local offset", "2026-01-01T00:00:00-00:00"),
        ("lower-case t and z", "2026-01-01t00:00:00z"),
        ("one digit of a fraction", "2026-01-01T00:00:00.5Z"),
        ("nanoseconds", "2026-01-01T00:00:00.123456789Z"),
        ("29 February of a leap year", "2024-02-29T12:00:00Z"),
        ("29 February of a century that is a leap year", "2000-02-29T12:00:00Z"),
        ("a leap second that was", "2016-12-31T23:59:60Z"),
        ("the last second of the last year", "9999-12-31T23:59:59Z"),
    ], [
        ("65 code units", "2026-01-01T00:00:00." + "1" * 44 + "Z", "too-long"),
        ("a number", 1767225600000, "wrong-type"),
        ("empty", "", "empty"),
        ("no offset", "2024-02-29T12:00:00", "format", 8),
        ("a date alone", "2024-02-29", "format", 8),
        ("no seconds", "2024-02-29T12:00Z", "format", 8),
        ("29 February of another year", "2023-02-29T12:00:00Z", "format", 8),
        ("29 February of a century that is no leap year", "1900-02-29T12:00:00Z", "format", 9),
        ("month 13", "2024-13-01T12:00:00Z", "format", 8),
        ("month 0", "2024-00-01T12:00:00Z", "format", 8),
        ("day 0", "2024-02-00T12:00:00Z", "format", 8),
        ("31 April", "2024-04-31T12:00:00Z", "format", 8),
        ("hour 24", "2024-02-29T24:00:00Z", "format", 8),
        ("minute 60", "2024-02-29T12:60:00Z", "format", 8),
        ("second 61", "2016-12-31T23:59:61Z", "format", 10),
        ("an offset of 24 hours", "2026-01-01T23:59:00+24:00", "format", 3),
        ("an offset of 60 minutes", "2026-01-01T05:30:00+05:60", "format", 1),
        ("an offset without its colon", "2026-01-01T05:30:00+0530", "format", 1),
        ("an offset of hours alone", "2026-01-01T05:30:00+05", "format", 1),
        ("a fraction without digits", "2026-01-01T00:00:00.Z", "format", 6),
        ("a comma before the fraction", "2026-01-01T00:00:00,5Z", "format", 6),
        ("a year of two digits", "24-02-29T12:00:00Z", "format", 8),
        ("a year with a sign", "+002024-02-29T12:00:00Z", "format", 8),
        ("the form of HTTP", "Thu, 01 Jan 2026 00:00:00 GMT", "format", 8),
        ("space around it", " 2024-02-29T12:00:00Z", "format", 8),
    ])
    for name in ["expirytime", "deliverat"]:
        attribute(name, ["ENV-003", "ENV-012"], [
            ("64 code units, with an offset", "2036-01-01T00:00:00." + "9" * 38 + "+01:00"),
        ], [
            ("65 code units", "2036-01-01T00:00:00." + "9" * 39 + "+01:00", "too-long"),
            ("no offset", "2036-01-01T00:00:00", "format"),
            ("a number", 2082758400, "wrong-type"),
            ("30 February", "2036-02-30T00:00:00Z", "format"),
        ])


def media_types():
    attribute("datacontenttype", ["ENV-003"], [
        ("256 code units", "text/plain;x=" + "a" * 243),
        ("a parameter in quotes", "text/plain; x=\"a b;c\""),
        ("an empty parameter", "text/plain;"),
    ], [
        ("257 code units", "text/plain;x=" + "a" * 244, "too-long"),
        ("no slash", "text", "format"),
        ("no subtype", "text/", "format"),
        ("no type", "/plain", "format"),
        ("a space within", "text/pl ain", "format"),
        ("two slashes", "text/plain/x", "format"),
        ("a parameter without a value", "text/plain;x", "format"),
        ("space around the sign of a parameter", "text/plain;x = a", "format"),
        ("empty", "", "empty"),
        ("a number", 1, "wrong-type"),
    ])


def priorities():
    attribute("priority", ["ENV-003", "PRI-001", "PRI-003"], [
        ("LOW", "LOW"), ("NORMAL", "NORMAL"), ("HIGH", "HIGH"), ("CRITICAL", "CRITICAL"),
    ], [
        ("lower case", "low", "unknown-value"),
        ("mixed case", "Critical", "unknown-value", 3),
        ("another word", "URGENT", "unknown-value", 2),
        ("a number", 3, "wrong-type"),
        ("space around it", "HIGH ", "unknown-value", 2),
        ("empty", "", None, 1),
    ])
    least = {**LEAST, "priority": None}
    ok(["ENV-009", "PRI-002"], "priority: null is absent", least, LEAST)


def targets():
    attribute("target", ["ENV-003", "ENV-014", "ENV-015"], [
        ("a name of 63 characters", "a" * 63),
        ("name and instance, 192 code units", "a" * 63 + "@" + "B" * 128),
        ("a name of one digit", "7"),
        ("hyphens within and at the end", "a--b-"),
        ("an instance of every kind of character", "users@A9._-z"),
    ], [
        ("a name of 64 characters", "a" * 64, None),
        ("an instance of 129 characters", "a" * 63 + "@" + "B" * 129, None, 1),
        ("an upper-case letter in the name", "Users", "format", 2),
        ("a hyphen at the front", "-a", "format", 2),
        ("a dot in the name", "a.b", "format", 2),
        ("an underscore in the name", "a_b", "format", 2),
        ("no name", "@a1", "format", 2),
        ("no instance", "users@", "format", 4),
        ("two instances", "users@a@b", "format", 4),
        ("a colon in the instance", "users@a:1", "format", 4),
        ("empty", "", "empty", 2),
        ("a number", 7, "wrong-type", 2),
    ])
    attribute("replyto", ["ENV-003"], [
        ("name and instance, 192 code units", "a" * 63 + "@" + "B" * 128),
        ("name and instance", "users@a1"),
    ], [
        ("193 code units", "a" * 63 + "@" + "B" * 129, None),
        ("a name alone", "users", "format", 1),
        ("no name", "@a1", "format", 1),
        ("an upper-case letter in the name", "Users@a1", "format", 1),
        ("a boolean", True, "wrong-type", 1),
    ])


def traces():
    sample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    attribute("traceparent", ["ENV-003"], [("version 00", sample)], [
        ("upper-case digits", sample.replace("4bf9", "4BF9"), "format"),
        ("a trace id of zeros", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "format"),
        ("a parent id of zeros", "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01", "format"),
        ("version ff", "ff" + sample[2:], "format"),
        ("no flags", sample[:-3], "format"),
        ("more behind it in version 00", sample + "-01", "format"),
        ("empty", "", "empty"),
        ("a number", 0, "wrong-type"),
    ])


def extensions():
    attribute("color", ["ENV-007", "ENV-008"], [
        ("text", "red"),
        ("empty text", ""),
        ("4,096 code units", "c" * 4096),
        ("the greatest integer", 2147483647),
        ("the least integer", -2147483648),
        ("zero", 0),
        ("true", True),
        ("false", False),
    ], [
        ("4,097 code units", "c" * 4097, "too-long", 2),
        ("one above the greatest integer", 2147483648, "out-of-range", 3),
        ("one below the least integer", -2147483649, "out-of-range", 4),
        ("a number far above", 10**20, "out-of-range", 3),
        ("a number with a fraction", 1.5, None, 5),
        ("an object", {"a": 1}, "wrong-type"),
        ("an array", ["red"], "wrong-type"),
        ("a control character", "a\u0001b", "character"),
        ("a noncharacter", "a\uffffb", "character"),
    ])
    ok(["ENV-009"], "an attribute of no known name: null is absent", {**LEAST, "color": None}, LEAST)
    ok(["ENV-009"], "subject: null is absent", {**LEAST, "subject": None}, LEAST)
    ok(["ENV-009"], "time: null is absent", {**LEAST, "time": None}, LEAST)
    ok(["ENV-007"], "several attributes of no known name", {
        **LEAST, "b": "x", "a1": 1, "dataclassification": "public", "sequence": "7"})
    ok(["ENV-006", "ENV-007"], "a name of 64 characters", {**LEAST, "n" * 64: "x"})
    least = "parse-001"
    bad(["ENV-006", "ENV-027"], "a name of 65 characters", least, {"n" * 65: "x"}, invalid(fault(None, "name")))
    ok(["ENV-006", "ENV-007"], "a name of one digit", {**LEAST, "0": "x"})
    ok(["ENV-006", "ENV-007"], "a name that objects have by birth in some languages", {**LEAST, "constructor": "x"})
    for title, name in [
        ("an upper-case letter", "myExt"), ("an underscore", "my_ext"), ("a hyphen", "my-ext"), ("a dot", "my.ext"),
        ("a letter beyond ASCII", "\u00e9t\u00e9"), ("a space", "my ext"), ("a hyphen and a digit", "ce-id2"),
    ]:
        bad(["ENV-006", "ENV-027"], f"a name with {title}", least, {name: "x"}, invalid(fault(name, "name")))
    bad(["ENV-006", "ENV-027"], "an empty name", least, {"": "x"}, invalid(fault("", "name")))
    bad(["ENV-027"], "__proto__ with an object", least, {"__proto__": {"priority": "HIGH"}},
        invalid(fault("__proto__", "name")))
    bad(["ENV-027"], "__proto__ with text", least, {"__proto__": "x"}, invalid(fault("__proto__", "name")))


def many():
    extra = {f"x{n:02d}": "v" for n in range(60)}
    full = ok(["ENV-010"], "64 attributes", {**LEAST, **extra})
    bad(["ENV-010"], "65 attributes", full, {"x60": "v"}, invalid(fault(None, "too-many")))
    ok(["ENV-010"], "64 attributes and data", {**LEAST, **extra, "data": 1})


def all_at_once():
    base = ok(["ENV-004"], "several attributes, the twin of those that follow", {
        **LEAST, "time": "2026-01-01T00:00:00Z", "priority": "HIGH", "target": "users", "color": "red"})
    changes = [
        ("id", DROP, "missing"), ("source", "/a b", "format"), ("type", "a..b", "format"),
        ("time", "2026-13-01T00:00:00Z", "format"), ("priority", "high", "unknown-value"),
        ("target", "Users", "format"), ("color", 2147483648, "out-of-range"), ("subject", "", "empty"),
        ("partitionkey", "a\u0000", "character"), ("my_ext", "x", "name"),
    ]
    parts, faults = [], []
    for name, value, code in changes:
        faults.append(fault(name, code))
        parts.append(bad(["ENV-003", "ENV-004"], f"of many faults this one: {name}", base, {name: value},
                         invalid(faults[-1])))
    bad(["ENV-004"], "ten faults at once", base, {name: value for name, value, _ in changes}, invalid(*faults), parts)
    bad(["ENV-004"], "two faults at once", base, {name: value for name, value, _ in changes[3:5]},
        invalid(*faults[3:5]), parts[3:5])


# --- Data --------------------------------------------------------------------------------------------------------

def nested(depth, core=None):
    """Arrays within each other, `depth` deep."""
    value = [] if core is None else [core]
    for _ in range(depth - 1):
        value = [value]
    return value


def data():
    for title, value in [
        ("null", None), ("false", False), ("zero", 0), ("an empty string", ""), ("a string", "caf\u00e9 \U0001f600"),
        ("an empty object", {}), ("an empty array", []), ("numbers", [0.1, -1.5, 1e-7, 9007199254740991, 1e21]),
        ("an object with null, empty and repeated values", {"a": None, "": "", "b": [1, 1]}),
        ("an object with the member __proto__", {"__proto__": {"a": 1}, "constructor": 1}),
        ("control characters and noncharacters, which data may hold", "\u0000\u001f\uffff"),
    ]:
        ok(["ENV-017", "ENV-023"] if value is None else ["ENV-017"], f"data: {title}", {**LEAST, "data": value})
    for media_type in ["application/json", "text/json", "application/vnd.example+json", "Application/JSON",
                       "application/json; charset=utf-8"]:
        ok(["ENV-017"], f"data of {media_type}",
           {**LEAST, "datacontenttype": media_type, "data": {"a": [1, "2"]}})
    plain = ok(["ENV-018"], "data of text/plain", {**LEAST, "datacontenttype": "text/plain", "data": "{\"a\":1}"})
    for title, value in [("an object", {"a": 1}), ("a number", 1), ("an array", ["a"]), ("a boolean", True)]:
        bad(["ENV-018"], f"data of text/plain as {title}", plain, {"data": value}, invalid(fault("data", "wrong-type")))
    octets = {**LEAST, "datacontenttype": "application/octet-stream"}
    none = ok(["ENV-019"], "no bytes", {**octets, "data_base64": ""})
    three = ok(["ENV-019", "ENV-021"], "bytes", {**octets, "data_base64": "AP/+"})
    one = ok(["ENV-019", "ENV-021"], "bytes with padding", {**octets, "data_base64": "/w=="})
    for title, twin, value, code in [
        ("without padding", one, "/w", "base64"), ("with too much padding", three, "AP/+=", "base64"),
        ("of the other alphabet", three, "AP_-", "base64"), ("with a space", three, "AP /+", "base64"),
        ("with a line feed", three, "AP/+\n", "base64"), ("with another character", three, "AP/!", "base64"),
        ("of one character", three, "A", "base64"), ("that is a number", none, 0, "wrong-type"),
    ]:
        bad(["ENV-019"], f"base64 {title}", twin, {"data_base64": value}, invalid(fault("data_base64", code)))
    bad(["ENV-020"], "data beside data_base64", three, {"data": "x"}, invalid(fault(None, "conflict")))
    deep = ok(["ENV-022"], "data 64 deep", {**LEAST, "data": nested(64)})
    ok(["ENV-022"], "data 64 deep with a scalar within", {**LEAST, "data": nested(64, 1)})
    bad(["ENV-022"], "data 65 deep", deep, {"data": nested(65)}, invalid(fault("data", "too-deep")))
    objects = {}
    for _ in range(63):
        objects = {"a": objects}
    deep = ok(["ENV-022"], "objects 64 deep", {**LEAST, "data": objects})
    bad(["ENV-022"], "objects 65 deep", deep, {"data": {"a": objects}}, invalid(fault("data", "too-deep")))
    body = text({**LEAST, "data": -7})
    flat = ok(["ENV-022"], "a number that the next makes arrays of", {**LEAST, "data": -7})
    bad_text = body[:-3] + "[" * 20000 + "]" * 20000 + "}"
    V.add(["ENV-022"], "data 20,000 deep", {"headers": {"content-type": STRUCTURED}, "body": bad_text},
          invalid(fault("data", "too-deep")), flat)


def sizes():
    def sized(total):
        return {**LEAST, "data": "d" * (total - len(text({**LEAST, "data": ""})))}

    ok(["ENV-045"], "65,536 bytes", sized(65536))
    most = ok(["ENV-045", "ENV-046"], "262,144 bytes, the default limit", sized(262144))
    given = V.given(most)
    V.add(["ENV-046"], "262,145 bytes", {**given, "body": text(sized(262145))}, refused("body-too-large"), most)


# --- Structured mode ---------------------------------------------------------------------------------------------

def structured():
    members = {**LEAST, "subject": "caf\u00e9", "data": {"a": 1}}
    base = ok(["ENV-024"], "raw characters beyond ASCII", members)
    spaced = " {\n\t\"type\" : \"a.b\",\r\n \"source\":\"/s\", \"id\":\"1\", \"specversion\":\"1.0\" } \n"
    ok_raw(["ENV-024"], "white space and another order of members", {"content-type": STRUCTURED}, spaced,
           {"envelope": LEAST})
    escaped = text(LEAST).replace('"id":"1"', '"\\u0069d":"\\u0031"')
    ok_raw(["ENV-024"], "escapes in a name and a value", {"content-type": STRUCTURED}, escaped, {"envelope": LEAST})
    malformed = refused("envelope-malformed")
    for title, mutate in [
        ("the last byte is missing", lambda body: body[:-1]),
        ("a byte behind it", lambda body: body + b"}"),
        ("a comma behind the last member", lambda body: body[:-1] + b",}"),
        ("the first byte is missing", lambda body: body[1:]),
        ("a literal that JSON does not know", lambda body: body.replace(b'{"a":1}', b"NaN")),
        ("a single quote for a double one", lambda body: body.replace(b'"a.b"', b"'a.b'")),
        ("a comment", lambda body: b"/**/" + body),
        ("a raw control character in a string", lambda body: body.replace(b"a.b", b"a.b\x01")),
        ("a byte that no UTF-8 has", lambda body: body.replace(b"a.b", b"a.\xff")),
        ("a character cut in half", lambda body: body.replace(b"\xc3\xa9", b"\xc3")),
        ("an overlong byte sequence", lambda body: body.replace(b"\xc3\xa9", b"\xc0\xaf")),
        ("a surrogate in UTF-8", lambda body: body.replace(b"\xc3\xa9", b"\xed\xa0\x80")),
        ("a number with a zero in front", lambda body: body.replace(b'"a":1', b'"a":01')),
    ]:
        bad_body(["ENV-024"], title, base, mutate, malformed)
    bad_body(["ENV-025"], "a byte order mark", base, lambda body: b"\xef\xbb\xbf" + body, malformed)
    bad_body(["ENV-024"], "no body", base, lambda body: b"", malformed)
    for title, span in [
        ("id twice with two values", b'"id":"2",'), ("id twice with one value", b'"id":"1",'),
        ("id twice, once with escapes", b'"\\u0069d":"1",'),
        ("data twice", b'"data":1,'), ("an attribute and null", b'"subject":null,'),
    ]:
        bad_body(["ENV-026"], f"a member twice: {title}", base, lambda body, span=span: b"{" + span + body[1:], malformed)
    extended = ok(["ENV-026"], "one of no known name, once", {**LEAST, "color": "green"})
    bad_body(["ENV-026"], "a member twice: one of no known name", extended,
             lambda body: body[:-1] + b',"color":"green"}', malformed)


def content_types():
    body = text(LEAST)
    accepted = {"envelope": LEAST}
    for value in ["Application/CloudEvents+JSON", "application/cloudevents+json; charset=utf-8",
                  "application/cloudevents+json;charset=UTF-8", "application/cloudevents+json; charset=\"utf-8\"",
                  "application/cloudevents+json; Charset=utf-8", "application/cloudevents+json; x=y; charset=utf-8"]:
        ok_raw(["ENV-028", "ENV-029"], f"content-type: {value}", {"content-type": value}, body, accepted)
    twin = f"{V.about}-{len(V.rows) - 4:03d}"
    unsupported = refused("content-type-unsupported")
    for value in ["iso-8859-1", "utf-16", "us-ascii", "\"iso-8859-1\""]:
        bad_header(["ENV-029"], f"charset={value} on a structured body", twin,
                   {"content-type": f"application/cloudevents+json; charset={value}"}, unsupported)
    for title, value in [
        ("application/json", "application/json"), ("text/plain", "text/plain"),
        ("that of structured mode and more", "application/cloudevents+json2"),
        ("none", DROP),
    ]:
        bad_header(["ENV-035"], f"a request in no mode, its content-type {title}", twin, {"content-type": value},
                   unsupported)


# --- Batched mode ------------------------------------------------------------------------------------------------

def batched():
    first, second = LEAST, {**LEAST, "id": "2", "priority": "HIGH", "data": None}
    head = {"content-type": BATCHED}

    def batch(requirements, title, items, content_type=BATCHED):
        return ok_raw(requirements, title, {"content-type": content_type}, text(items),
                      {"batch": [{"envelope": item} for item in items]})

    ok_raw(["ENV-032"], "the empty batch", head, "[]", {"batch": []})
    ok_raw(["ENV-032"], "the empty batch with white space", head, " [ ]\n", {"batch": []})
    single = batch(["ENV-031"], "a batch of one", [first])
    pair = batch(["ENV-031"], "a batch of two", [first, second])
    batch(["ENV-028"], "the media type in another case and with a charset", [first],
          "Application/CloudEvents-Batch+JSON; charset=UTF-8")
    alone = "parse-001"
    malformed = refused("envelope-malformed")
    bad_header(["ENV-030"], "a batch whose body is an object", alone, {"content-type": BATCHED}, malformed)
    bad_header(["ENV-024"], "a structured envelope whose body is an array", single, {"content-type": STRUCTURED}, malformed)
    bad_header(["ENV-029"], "charset=iso-8859-1 on a batch", single, {"content-type": BATCHED + "; charset=iso-8859-1"},
               refused("content-type-unsupported"))
    for title, mutate in [
        ("the last byte is missing", lambda body: body[:-1]),
        ("a comma behind the last item", lambda body: body[:-1] + b",]"),
        ("a byte that no UTF-8 has", lambda body: body.replace(b"a.b", b"a.\xff", 1)),
        ("a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
        ("no body", lambda body: b""),
    ]:
        bad_body(["ENV-025", "ENV-030"] if "mark" in title else ["ENV-030"], f"a batch: {title}", pair, mutate, malformed)

    def items(requirements, title, changed, at, expect):
        given = V.given(pair)
        both = [first, second]
        both[at] = changed
        results = [{"envelope": item} for item in (first, second)]
        results[at] = expect
        return V.add(requirements, title, {**given, "body": text(both)}, {"batch": results}, pair)

    one = items(["BUS-017", "ENV-031"], "a batch: the first item breaks a rule", {**first, "priority": "low"}, 0,
                invalid(fault("priority", "unknown-value")))
    two = items(["BUS-017", "ENV-031"], "a batch: the second item lacks its id", change(second, {"id": DROP}), 1,
                invalid(fault("id", "missing")))
    given = V.given(pair)
    V.add(["BUS-017", "ENV-031"], "a batch: both items break a rule", {
        **given, "body": text([{**first, "priority": "low"}, change(second, {"id": DROP})])},
        {"batch": [invalid(fault("priority", "unknown-value")), invalid(fault("id", "missing"))]}, pair, [one, two])
    for title, value in [("a number", 1), ("text", "a"), ("null", None), ("an array", [])]:
        items(["BUS-017", "ENV-024", "ENV-031"], f"a batch: an item that is {title}", value, 1, malformed)
    V.add(["BUS-017", "ENV-026", "ENV-031"], "a batch: an item that names a member twice", {
        **given, "body": given["body"].replace('"id":"2",', '"id":"2","id":"2",')},
        {"batch": [{"envelope": first}, malformed]}, pair)
    items(["BUS-017", "ENV-027", "ENV-031"], "a batch: an item with __proto__", {**second, "__proto__": {"id": "3"}}, 1,
          invalid(fault("__proto__", "name")))

    item = text(first)
    thousand = {"$repeat": [["[" + item, 1], ["," + item, 999], ["]", 1]]}
    full = V.add(["ENV-033"], "a batch of 1,000", {"headers": head, "body": thousand},
                 {"batch": {"$repeat": [[[{"envelope": first}], 1000]]}})
    more = {"$repeat": [["[" + item, 1], ["," + item, 1000], ["]", 1]]}
    V.add(["ENV-033"], "a batch of 1,001", {"headers": head, "body": more}, refused("batch-too-large"), full)
    def sized(total):
        return {**LEAST, "data": "d" * (total - len(text({**LEAST, "data": ""})))}

    most = [sized(262143)] * 3 + [sized(262142)]
    twin = batch(["ENV-031"], "a batch of 1,048,576 bytes", most)
    V.add(["HTTP-004"], "a batch of 1,048,577 bytes", {"headers": head, "body": text(most[:3] + [sized(262143)])},
          refused("body-too-large"), twin)


# --- Binary mode -------------------------------------------------------------------------------------------------

def binary():
    least = {f"ce-{name}": value for name, value in LEAST.items()}
    as_json = {**least, "content-type": "application/json"}
    envelope = {**LEAST, "datacontenttype": "application/json", "data": {"a": 1}}
    body = "{\"a\":1}"

    def accepted(requirements, title, changes, expected, raw=body, headers=as_json):
        """`expected` changes the envelope that the plain headers stand for."""
        return ok_raw(requirements, title, change(headers, changes), raw, {"envelope": change(envelope, expected)})

    bare = ok_raw(["ENV-034"], "binary mode: no content-type and no body", least, "", {"envelope": LEAST})
    base = accepted(["ENV-034", "ENV-044"], "binary mode: JSON", {}, {})
    accepted(["ENV-034", "ENV-036", "ENV-044"], "binary mode: the example of the chapter", {
        "ce-id": "7d1f", "ce-source": "/documents", "ce-type": "document.created", "ce-priority": "HIGH",
        "ce-subject": "Caf%C3%A9%20menu"}, {
        "id": "7d1f", "source": "/documents", "type": "document.created", "priority": "HIGH",
        "subject": "Caf\u00e9 menu", "data": {"id": "42"}}, "{\"id\":\"42\"}")
    accepted(["ENV-017"], "binary mode: a JSON media type with a suffix, in another case", {
        "content-type": "Application/Vnd.Example+JSON"}, {"datacontenttype": "Application/Vnd.Example+JSON"})
    accepted(["ENV-017", "ENV-023"], "binary mode: the JSON value null", {}, {"data": None}, "null")
    for title, raw in [("every byte", bytes(range(256))), ("a byte order mark and text", b"\xef\xbb\xbfabc"),
                       ("bytes that are not UTF-8", b"\xff\xfe\xc0"), ("one zero byte", b"\x00")]:
        for media_type in ["application/octet-stream", "text/plain"]:
            accepted(["ENV-018", "ENV-021"], f"binary mode: {title} of {media_type}", {"content-type": media_type}, {
                "datacontenttype": media_type, "data": DROP, "data_base64": base64.b64encode(raw).decode()}, raw)
    accepted(["ENV-018", "ENV-021"], "binary mode: text that looks like JSON", {"content-type": "text/plain"}, {
        "datacontenttype": "text/plain", "data": DROP, "data_base64": base64.b64encode(b'{"a":1}').decode()})
    accepted(["ENV-034"], "binary mode: a media type with parameters", {"content-type": "text/plain; x=\"a b\""}, {
        "datacontenttype": "text/plain; x=\"a b\"", "data": DROP, "data_base64": "aGk="}, "hi")

    for title, value, expected in [
        ("decoded once", "%2541", "%41"), ("decoded once, more", "%252541", "%2541"),
        ("digits of lower case", "%c3%a9", "\u00e9"), ("a character of four bytes", "%F0%9F%98%80", "\U0001f600"),
        ("a plus sign stays", "a+b", "a+b"), ("what needs no encoding, encoded", "%41%7E", "A~"),
        ("every other printable character", "!#$&'()*+,-./0:;<=>?@A[\\]^_`a{|}~", "!#$&'()*+,-./0:;<=>?@A[\\]^_`a{|}~"),
    ]:
        accepted(["ENV-036"], f"percent-encoding: {title}", {"ce-subject": value}, {"subject": expected})
    for title, value, expected in [
        ("plain", "\"abc\"", "abc"), ("a space", "\"a b\"", "a b"), ("an escaped quote", "\"a\\\"b\"", "a\"b"),
        ("an escaped backslash", "\"a\\\\b\"", "a\\b"), ("percent-encoding within", "\"a%20%22b\"", "a \"b"),
        ("decoded once within", "\"%2541\"", "%41"),
    ]:
        accepted(["ENV-039"], f"a quoted string: {title}", {"ce-subject": value}, {"subject": expected})
    subject = accepted(["ENV-036"], "percent-encoding: a space", {"ce-subject": "a%20b"}, {"subject": "a b"})
    for title, value, code in [
        ("a percent sign at the end", "a%", "percent"), ("one digit", "a%2", "percent"),
        ("no digits", "a%zzb", "percent"), ("a percent sign twice", "a%%20b", "percent"),
        ("the byte FF", "a%FFb", "utf8"), ("a character cut in half", "a%C3b", "utf8"),
        ("an overlong byte sequence", "a%C0%AFb", "utf8"), ("a surrogate", "a%ED%A0%80b", "utf8"),
        ("a byte that only continues", "a%80b", "utf8"), ("beyond U+10FFFF", "a%F4%90%80%80b", "utf8"),
    ]:
        bad_header(["ENV-037"], f"percent-encoding: {title}", subject, {"ce-subject": value},
                   invalid(fault("subject", code)))
    for title, value, code in [
        ("a control character, encoded", "a%00b", "character"), ("a line feed, encoded", "a%0Ab", "character"),
        ("a noncharacter, encoded", "a%EF%BF%BFb", "character"), ("empty", "", "empty"),
        ("4,097 code units", "s" * 4097, "too-long"),
    ]:
        bad_header(["ENV-003", "ENV-036"], f"binary mode, subject: {title}", subject, {"ce-subject": value},
                   invalid(fault("subject", code)))
    accepted(["ENV-003", "ENV-036"], "binary mode: 4,096 code units once decoded", {
        "ce-subject": "%C3%A9" + "s" * 4095}, {"subject": "\u00e9" + "s" * 4095})
    accepted(["ENV-036"], "binary mode: an encoded letter of a priority", {"ce-priority": "HIG%48"}, {"priority": "HIGH"})
    for title, value in [("an integer", "5"), ("an integer too large", "2147483648"), ("a boolean", "true"), ("null", "null")]:
        accepted(["ENV-040"], f"a header is a string: {title}", {"ce-color": value}, {"color": value})
    accepted(["ENV-040"], "binary mode: names of headers in another case", {
        "ce-id": DROP, "Ce-Id": "1", "ce-source": DROP, "CE-SOURCE": "/s"}, {})

    for name in ["id", "source", "type"]:
        bad_header(["ENV-001"], f"binary mode: {name} is missing", base, {f"ce-{name}": DROP},
                   invalid(fault(name, "missing")))
    bad_header(["ENV-002"], "binary mode: specversion 0.3", base, {"ce-specversion": "0.3"}, invalid(fault("specversion")))
    bad_header(["ENV-003"], "binary mode: a type with an asterisk", base, {"ce-type": "a.*"},
               invalid(fault("type", "format")))
    bad_header(["ENV-003"], "binary mode: a content-type that is no media type", bare, {"content-type": "nonsense"},
               invalid(fault("datacontenttype", "format")))
    time = bad_header(["ENV-003", "ENV-012"], "binary mode: a time without an offset", base, {
        "ce-time": "2026-01-01T00:00:00"}, invalid(fault("time", "format")))
    priority = bad_header(["PRI-003"], "binary mode: a priority in lower case", base, {"ce-priority": "high"},
                          invalid(fault("priority", "unknown-value")))
    bad_header(["ENV-004"], "binary mode: two faults at once", base, {
        "ce-time": "2026-01-01T00:00:00", "ce-priority": "high"},
        invalid(fault("time", "format"), fault("priority", "unknown-value")), [time, priority])
    bad_header(["ENV-041"], "ce-datacontenttype beside content-type", base, {"ce-datacontenttype": "application/json"},
               invalid(fault(None, "conflict")))
    for title, mutate in [
        ("the last byte is missing", lambda raw: raw[:-1]), ("a byte behind it", lambda raw: raw + b"x"),
        ("a byte that no UTF-8 has", lambda raw: raw.replace(b"a", b"\xff")),
    ]:
        bad_body(["ENV-043"], f"binary mode, JSON: {title}", base, mutate, refused("envelope-malformed"))
    deep = accepted(["ENV-022"], "binary mode: data 64 deep", {}, {"data": nested(64)}, text(nested(64)))
    given = V.given(deep)
    V.add(["ENV-022"], "binary mode: data 65 deep", {**given, "body": text(nested(65))},
          invalid(fault("data", "too-deep")), deep)


def vectors():
    for part in [required, texts, sources, types, times, media_types, priorities, targets, traces, extensions, many,
                 all_at_once, data, sizes, structured, content_types, batched, binary]:
        part()
    return V

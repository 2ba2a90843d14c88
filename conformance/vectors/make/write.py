"""Envelopes written as a request, from docs/spec/envelope.md, sections Structured mode and Binary mode."""

import base64
import json

from vectors import Vectors

LEAST = {"specversion": "1.0", "id": "1", "source": "/s", "type": "a.b"}


def encode(value):
    """ENV-038: space, the double quote, the percent sign and all outside U+0021 to U+007E."""
    return "".join(
        letter if "\u0021" <= letter <= "\u007e" and letter not in "\"%"
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in value)


def header(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return encode(str(value))


def vectors():
    v = Vectors("write")

    def both(requirements, title, members, body=None):
        """The envelope in both modes; `body` is that of binary mode."""
        envelope = {**LEAST, **members}
        headers = {f"ce-{name}": header(value) for name, value in envelope.items()
                   if name not in ("data", "data_base64", "datacontenttype")}
        if "datacontenttype" in envelope:
            headers["content-type"] = envelope["datacontenttype"]
        expect = {"headers": headers, "body": "" if body is None else body}
        if "data_base64" in envelope:
            expect = {"headers": headers, "bodyBase64": envelope["data_base64"]}
        v.add(requirements, f"binary: {title}", {"envelope": envelope, "mode": "binary"}, expect)
        v.add(["ENV-011", "ENV-044"], f"structured: {title}", {"envelope": envelope, "mode": "structured"}, {
            "headers": {"content-type": "application/cloudevents+json"},
            "body": json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))})

    both(["ENV-011", "ENV-038"], "the least envelope", {})
    for title, subject in [
        ("space and letters beyond ASCII", "Caf\u00e9 menu"), ("a double quote", "say \"hi\""),
        ("a percent sign", "100%"), ("what looks encoded", "%41"),
        ("every other printable character", "!#$&'()*+,-./0:;<=>?@A[\\]^_`a{|}~"),
        ("characters of three and of four bytes", "\u4e2d\U0001f600"), ("U+00A0", "a\u00a0b"),
        ("space at both ends", " a "),
    ]:
        both(["ENV-038"], f"a subject with {title}", {"subject": subject})
    both(["ENV-038"], "an id and a lane to be encoded", {"id": "7 d\u00e9", "partitionkey": "\"42\""})
    both(["ENV-038"], "every attribute of the table", {
        "time": "2026-01-01T00:00:00+01:00", "subject": "s", "dataschema": "https://example.com/s",
        "priority": "CRITICAL", "target": "users@a1", "correlationid": "c 1", "causationid": "c2",
        "expirytime": "2036-01-01T00:00:00Z", "deliverat": "2035-01-01T00:00:00Z", "replyto": "users@a1",
        "partitionkey": "p", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "tracestate": "a=b,c=d"})
    both(["ENV-007", "ENV-038"], "attributes of no known name", {"color": "red", "count": -5, "flag": True, "off": False})
    both(["ENV-017"], "JSON", {"datacontenttype": "application/json", "data": {"a": [1, None]}}, "{\"a\":[1,null]}")
    both(["ENV-017", "ENV-023"], "the JSON value null", {"datacontenttype": "application/json", "data": None}, "null")
    both(["ENV-018"], "text", {"datacontenttype": "text/plain; charset=utf-8", "data": "caf\u00e9"}, "caf\u00e9")
    both(["ENV-019", "ENV-021"], "bytes", {
        "datacontenttype": "application/octet-stream", "data_base64": base64.b64encode(bytes(range(256))).decode()})
    return v

"""Envelopes: read from a request and judged by docs/spec/envelope.md, and written."""

import json
import re

from grammar import ATTRIBUTES, MEDIA_TYPE, REQUIRED, is_json
from json_text import NotJson, parts

MAX_BYTES = 262_144
MAX_BATCH_BYTES = 1_048_576
MAX_BATCH_ENVELOPES = 1_000
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_LENGTH = 4_096
MAX_DEPTH = 64

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
NAME = re.compile("[a-z0-9]{1,64}")
FORBIDDEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\ud800-\udfff\ufdd0-\ufdef]")
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.I)

REASONS = {
    "missing": "is required",
    "empty": "must not be empty",
    "wrong-type": "is of a JSON type that it cannot have",
    "too-long": "is longer than it may be",
    "too-many": "has more attributes than it may have",
    "too-deep": "is nested deeper than it may be",
    "name": "is no name of an attribute: 1 to 64 lower-case letters and digits",
    "character": "has a control character, a lone surrogate or a noncharacter",
    "format": "does not follow the grammar of the attribute",
    "unknown-value": "is none of the values allowed",
    "out-of-range": "is no integer of 32 bits",
    "conflict": "stands beside data: they say one thing twice",
    "base64": "is not base64, padded and without white space",
}

# What no attribute can be; it is not decoded, for it may be deeper than Python can bear.
NESTED = object()


class Refused(Exception):
    """An input that breaks a rule; `faults` are pairs of field and code."""

    def __init__(self, code, faults=()):
        super().__init__(code)
        self.code = code
        self.faults = list(faults)

    def as_json(self):
        faults = [{"field": field, "code": code, "reason": f"{field or 'the envelope'} {REASONS[code]}"}
                  for field, code in self.faults]
        return {"code": self.code, "faults": faults}


class Envelope:
    """`attributes` are text, integers and booleans by their name; `data` is JSON as text, `None` if there is none."""

    def __init__(self, attributes, data=None, data_base64=None):
        self.attributes = attributes
        self.data = data
        self.data_base64 = data_base64

    def to_json(self):
        """The envelope in structured mode, as text."""
        members = [(name, json.dumps(value, ensure_ascii=False)) for name, value in self.attributes.items()]
        if self.data is not None:
            members.append(("data", self.data))
        if self.data_base64 is not None:
            members.append(("data_base64", json.dumps(self.data_base64)))
        return "{" + ",".join(f'"{name}":{text}' for name, text in members) + "}"


def read_request(headers, body):
    """What a request publishes: an `Envelope`, or a list of `Envelope` and `Refused` for a batch. Raises `Refused`."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    essence = content_type.split(";")[0].strip().lower()
    charset = CHARSET.search(content_type)
    # Binary mode, with its header ce-specversion, belongs to the profile http: it would be read here.
    if essence not in (STRUCTURED, BATCHED) or charset and charset[1].lower() != "utf-8":
        raise Refused("content-type-unsupported")
    if len(body) > (MAX_BYTES if essence == STRUCTURED else MAX_BATCH_BYTES):
        raise Refused("body-too-large")
    try:
        text = body.decode("utf-8")
        if essence == STRUCTURED:
            return read_envelope(text)
        kind, items = parts(text)
    except (UnicodeDecodeError, NotJson):
        raise Refused("envelope-malformed") from None
    if kind != "[":
        raise Refused("envelope-malformed")
    if len(items) > MAX_BATCH_ENVELOPES:
        raise Refused("batch-too-large")
    return [result_of(item) for _, item, _ in items]


def result_of(text):
    """One item of a batch."""
    try:
        return read_envelope(text)
    except Refused as refused:
        return refused


def read_envelope(text):
    """The envelope in structured mode. Raises `Refused` with every fault, `NotJson`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Refused("body-too-large")
    kind, members = parts(text)
    if kind != "{" or len({name for name, _, _ in members}) < len(members):
        raise Refused("envelope-malformed")
    attributes, faults = {}, []
    data = data_base64 = None
    for name, value, depth in members:
        if name == "data":
            data = value
            if depth > MAX_DEPTH:
                faults.append((name, "too-deep"))
        elif name != "data_base64" and not NAME.fullmatch(name):
            faults.append((name, "name"))
        elif value == "null":
            continue
        elif name == "data_base64":
            data_base64 = decoded(value)
        else:
            attributes[name] = decoded(value)
            faults += [(name, code) for code in attribute_faults(name, attributes[name])]
    faults += [(name, "missing") for name in REQUIRED if name not in attributes]
    if len(attributes) > MAX_ATTRIBUTES:
        faults.append(("", "too-many"))
    faults += data_faults(attributes.get("datacontenttype"), data, data_base64)
    if faults:
        raise Refused("envelope-invalid", faults)
    return Envelope(attributes, data, data_base64)


def decoded(value):
    """Text, an integer or a boolean; a float for what is no integer, and `NESTED` for an object or an array."""
    if value[0] == '"':
        return json.loads(value)
    if value[0] in "{[":
        return NESTED
    if value in ("true", "false"):
        return value == "true"
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def attribute_faults(name, value):
    known = ATTRIBUTES.get(name)
    if isinstance(value, str):
        return list(text_faults(value, *(known or (MAX_ATTRIBUTE_LENGTH, None))))
    if known or value is NESTED:
        return ["wrong-type"]
    if isinstance(value, bool) or isinstance(value, int) and -(2**31) <= value < 2**31:
        return []
    return ["out-of-range"]


def text_faults(value, longest, grammar):
    if value == "" and grammar:
        yield "empty"
        return
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > longest:
        yield "too-long"
    if FORBIDDEN.search(value) or any(ord(letter) & 0xFFFE == 0xFFFE for letter in value):
        yield "character"
    fault = grammar and grammar(value)
    if fault:
        yield fault


def data_faults(media_type, data, data_base64):
    if data is not None and data_base64 is not None:
        yield "data_base64", "conflict"
    if data_base64 is not None:
        if not isinstance(data_base64, str):
            yield "data_base64", "wrong-type"
        elif not BASE64.fullmatch(data_base64):
            yield "data_base64", "base64"
    if media_type is not None and not (isinstance(media_type, str) and MEDIA_TYPE.fullmatch(media_type)):
        return
    if data is not None and not is_json(media_type) and data != "null" and data[0] != '"':
        yield "data", "wrong-type"
    if data_base64 is not None and is_json(media_type):
        yield "data_base64", "wrong-type"

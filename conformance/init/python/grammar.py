"""The attributes that the envelope knows: how long each may be, and what its text must look like.

From the table of docs/spec/envelope.md; a rule gives `None`, or the code of the fault.
"""

import calendar
import ipaddress
import re

UNRESERVED = r"A-Za-z0-9\-._~!$&'()*+,;="
ENCODED = "%[0-9A-Fa-f]{2}"
IN_PATH = f"(?:[{UNRESERVED}:@]|{ENCODED})"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*:")
REST = re.compile(
    rf"(?://(?:(?:[{UNRESERVED}:]|{ENCODED})*@)?"
    rf"(?:\[(?P<literal>[^\[\]]*)\]|(?:[{UNRESERVED}]|{ENCODED})*)(?::[0-9]*)?(?:/{IN_PATH}*)*"
    rf"|(?!//)/?(?P<path>(?:{IN_PATH}|/)*))"
    rf"(?:\?(?:{IN_PATH}|[/?])*)?(?:#(?:{IN_PATH}|[/?])*)?"
)
FUTURE = re.compile(rf"[vV][0-9A-Fa-f]+\.[{UNRESERVED}:]+")
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))"
)
TOKEN = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
PARAMETER = f"{TOKEN}=(?:{TOKEN}|{QUOTED})"
# White space belongs to one place alone: a pattern in which it fits two would take for ever to fail.
MEDIA_TYPE = re.compile(rf"{TOKEN}/{TOKEN}(?:[ \t]*;(?:[ \t]*{PARAMETER})?)*(?:[ \t]*;[ \t]*)?")
# Tokens of printable ASCII but space, ".", "*" and ">", joined by dots.
TYPE = re.compile(r"[!-)+-\-/-=?-~]+(?:\.[!-)+-\-/-=?-~]+)*")
SERVICE = "[a-z0-9][a-z0-9-]{0,62}"
INSTANCE = "[A-Za-z0-9._-]{1,128}"
TARGET = re.compile(f"{SERVICE}(?:@{INSTANCE})?")
REPLY_TO = re.compile(f"{SERVICE}@{INSTANCE}")
TRACE_PARENT = re.compile("(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def uri_reference(text):
    scheme = SCHEME.match(text)
    rest = REST.fullmatch(text, scheme.end() if scheme else 0)
    if not rest:
        return "format"
    if not scheme and ":" in (rest["path"] or "").split("/")[0] and not text.startswith("/"):
        return "format"
    return None if rest["literal"] is None else ip_literal(rest["literal"])


def uri(text):
    return uri_reference(text) if SCHEME.match(text) else "format"


def ip_literal(text):
    if FUTURE.fullmatch(text):
        return None
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return "format"
    return "format" if "%" in text else None


def timestamp(text):
    match = TIMESTAMP.fullmatch(text)
    if not match:
        return "format"
    year, month, day, hour, minute, second, offset_hour, offset_minute = (int(part or 0) for part in match.groups())
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or offset_hour > 23 or offset_minute > 59:
        return "format"
    leap = calendar.isleap(year) and month == 2
    # Second 60 is a leap second: which there were is not ours to say.
    return None if 1 <= day <= calendar.mdays[month] + leap and second <= 60 else "format"


def one_of(*values):
    return lambda text: None if text in values else "unknown-value"


def like(pattern):
    return lambda text: None if pattern.fullmatch(text) else "format"


def trace_parent(text):
    match = TRACE_PARENT.fullmatch(text)
    return None if match and (match[1] != "00" or match[2] is None) else "format"


def any_text(_text):
    return None


def is_json(media_type):
    """Whether data of this media type is carried as a JSON value; that of none is."""
    essence = "application/json" if media_type is None else media_type.split(";")[0].strip().lower()
    return essence.endswith(("/json", "+json"))


ATTRIBUTES = {
    "specversion": (4096, one_of("1.0")),
    "id": (256, any_text),
    "source": (1024, uri_reference),
    "type": (256, like(TYPE)),
    "time": (64, timestamp),
    "subject": (4096, any_text),
    "datacontenttype": (256, like(MEDIA_TYPE)),
    "dataschema": (1024, uri),
    "priority": (4096, one_of("LOW", "NORMAL", "HIGH", "CRITICAL")),
    "target": (192, like(TARGET)),
    "correlationid": (4096, any_text),
    "causationid": (4096, any_text),
    "expirytime": (64, timestamp),
    "deliverat": (64, timestamp),
    "replyto": (192, like(REPLY_TO)),
    "partitionkey": (4096, any_text),
    "traceparent": (256, trace_parent),
    "tracestate": (4096, any_text),
}
REQUIRED = ("specversion", "id", "source", "type")

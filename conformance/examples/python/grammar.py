"""Grammars of attributes (table of envelope.md); every expression is linear (SEC-028)."""
import re

NAME = re.compile(r'[a-z0-9]{1,64}')
SERVICE = re.compile(r'[a-z0-9][a-z0-9-]{0,62}')
INSTANCE = re.compile(r'[A-Za-z0-9._-]{1,128}')
TOKENS = re.compile(r"[!-)+-\-/-=?-~]+(?:\.[!-)+-\-/-=?-~]+)*")
PCT = '%[0-9A-Fa-f]{2}'
PCHAR = "[A-Za-z0-9._~!$&'()*+,;=:@-]"
SEG = "(?:" + PCHAR + "|" + PCT + ")"
PATH_CHARS = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|" + PCT + ")*"
NO_COLON = "(?:[A-Za-z0-9._~!$&'()*+,;=@-]|" + PCT + ")"
REG_NAME = "(?:[A-Za-z0-9._~!$&'()*+,;=-]|" + PCT + ")*"
USER = "(?:[A-Za-z0-9._~!$&'()*+,;=:-]|" + PCT + ")*@"
LITERAL = r"\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\]"
AUTHORITY = "(?:" + USER + ")?(?:" + LITERAL + "|" + REG_NAME + ")(?::[0-9]*)?"
TAIL = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|" + PCT + ")*"
HIER = "(?://" + AUTHORITY + "(?:/" + PATH_CHARS + ")?|/(?:" + SEG + PATH_CHARS + ")?|"
SCHEME = "[A-Za-z][A-Za-z0-9+.-]*:"
URI = re.compile(SCHEME + HIER + SEG + PATH_CHARS + r"|)(?:\?" + TAIL + ")?(?:#" + TAIL + ")?")
ABSOLUTE = re.compile(SCHEME + HIER + SEG + PATH_CHARS + r"|)(?:\?" + TAIL + ")?")
RELATIVE = re.compile(HIER + NO_COLON + "+(?:/" + PATH_CHARS + r")?|)(?:\?" + TAIL + ")?(?:#" + TAIL + ")?")
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[\t !#-\[\]-~\x80-\U0010ffff]|\\[\t -~\x80-\U0010ffff])*"'
MEDIA = re.compile(
    TOKEN + '/' + TOKEN + r'(?:[ \t]*;[ \t]*(?:' + TOKEN + '=(?:' + TOKEN + '|' + QUOTED + '))?)*')
CHARSET = re.compile(r';[ \t]*charset=(' + TOKEN + '|' + QUOTED + ')', re.I)
STAMP = re.compile(
    r'([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?'
    r'(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))')
TRACEPARENT = re.compile(r'([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?')
BASE64 = re.compile(r'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?')
PRIORITIES = ('LOW', 'NORMAL', 'HIGH', 'CRITICAL')


def read_time(text):
    """Milliseconds since 1970 of an RFC 3339 time, or None; digits beyond are cut off (ENV-012)."""
    found = STAMP.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not 1 <= month <= 12 or not 1 <= day <= days_of(year, month):
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    offset = 0
    if found.group(8):
        hours, minutes = int(found.group(9)), int(found.group(10))
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (-1 if found.group(8) == '-' else 1)
    day_number = days_from_civil(year, month, day)
    whole = ((day_number * 24 + hour) * 60 + minute - offset) * 60
    if second == 60 and whole % 86400 != 86340:
        return None
    millis = int(((found.group(7) or '') + '000')[:3])
    return (whole + second) * 1000 + millis


def days_of(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def days_from_civil(year, month, day):
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def write_time(at_ms):
    """RFC 3339 with milliseconds, in UTC."""
    import time
    parts = time.gmtime(at_ms // 1000)
    return time.strftime('%Y-%m-%dT%H:%M:%S', parts) + '.%03dZ' % (at_ms % 1000)


def is_type(text):
    return TOKENS.fullmatch(text) is not None


def is_reference(text):
    return URI.fullmatch(text) is not None or RELATIVE.fullmatch(text) is not None


def is_absolute(text):
    return ABSOLUTE.fullmatch(text) is not None


def is_media(text):
    return MEDIA.fullmatch(text) is not None


def is_target(text):
    name, sign, instance = text.partition('@')
    return SERVICE.fullmatch(name) is not None and (not sign or INSTANCE.fullmatch(instance) is not None)


def is_reply(text):
    return '@' in text and is_target(text)


def is_traceparent(text):
    found = TRACEPARENT.fullmatch(text)
    if not found or found.group(1) == 'ff' or not found.group(2).strip('0') or not found.group(3).strip('0'):
        return False
    return found.group(1) != '00' or found.group(4) is None


def is_time(text):
    return read_time(text) is not None


def units(text):
    """Length in UTF-16 code units."""
    return len(text) + sum(1 for one in text if ord(one) > 0xffff)


def is_clean(text):
    """No control character, lone surrogate or noncharacter."""
    for one in text:
        code = ord(one)
        if code < 0x20 or 0x7f <= code <= 0x9f or 0xd800 <= code <= 0xdfff or 0xfdd0 <= code <= 0xfdef:
            return False
        if code & 0xfffe == 0xfffe:
            return False
    return True


def media_of(text):
    """A media type without parameters and case (ENV-028)."""
    return text.partition(';')[0].strip().lower()


def is_json_media(text):
    """Whether data of that type is a JSON value (ENV-017)."""
    media = media_of(text)
    return media.endswith('/json') or media.endswith('+json')

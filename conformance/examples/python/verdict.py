"""What an answer of HTTP means (RET-029 to RET-039)."""
import re
from dataclasses import dataclass
from typing import Optional

from delay import LONGEST_ASKED
from grammar import days_from_civil, days_of

TERMS = (400, 409, 413, 415, 422, 431)
PLAIN_NAKS = (408, 410, 425, 429)
MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
DAYS = ('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')
LONG_DAYS = ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')
MONTH = '(' + '|'.join(MONTHS) + ')'
CLOCK = '([0-9]{2}):([0-9]{2}):([0-9]{2})'
FIXED = re.compile('(?:%s), ([0-9]{2}) %s ([0-9]{4}) %s GMT' % ('|'.join(DAYS), MONTH, CLOCK))
OLD = re.compile('(?:%s), ([0-9]{2})-%s-([0-9]{2}) %s GMT' % ('|'.join(LONG_DAYS), MONTH, CLOCK))
ASCTIME = re.compile('(?:%s) %s ([0-9]{2}| [0-9]) %s ([0-9]{4})' % ('|'.join(DAYS), MONTH, CLOCK))


@dataclass
class Judged:
    """A verdict and what goes with it."""
    verdict: str
    reason: Optional[str] = None
    asked_ms: Optional[int] = None
    charged: bool = False
    removed: bool = False


def read_date(text, now_ms):
    """Epoch ms of an HTTP date in one of its three forms, or None (RET-030)."""
    found = FIXED.fullmatch(text)
    if found:
        day, month, year, hour, minute, second = found.groups()
        year = int(year)
    elif OLD.fullmatch(text):
        day, month, year, hour, minute, second = OLD.fullmatch(text).groups()
        now_year = 1970 + now_ms // 31556952000
        year = now_year - now_year % 100 + int(year)
        if year > now_year + 50:
            year -= 100
    elif ASCTIME.fullmatch(text):
        month, day, hour, minute, second, year = ASCTIME.fullmatch(text).groups()
        year = int(year)
    else:
        return None
    month, day = MONTHS.index(month) + 1, int(day)
    hour, minute, second = int(hour), int(minute), int(second)
    if not 1 <= day <= days_of(year, month) or hour > 23 or minute > 59 or second > 60:
        return None
    return (((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000


def read_retry_after(text, now_ms):
    """Milliseconds asked for, at most an hour, or None (RET-029 to RET-031, RET-023)."""
    if text is None:
        return None
    text = text.strip(' \t')
    if re.fullmatch('[0-9]+', text):
        return LONGEST_ASKED if len(text) > 15 and text.strip('0') else min(int(text) * 1000, LONGEST_ASKED)
    date = read_date(text, now_ms)
    return None if date is None else min(max(0, date - now_ms), LONGEST_ASKED)


def judge_answer(status, headers, now_ms):
    """The verdict on a status and its headers (table of retry.md, Verdicts)."""
    headers = {name.lower(): value for name, value in headers.items()}
    if 200 <= status <= 299:
        return Judged('ack')
    named = headers.get('bellhop-verdict')
    asked = read_retry_after(headers.get('retry-after'), now_ms)
    if named == 'ack':
        return Judged('ack')
    if named == 'term':
        return Judged('term', 'term')
    if named == 'nak':
        return Judged('nak', 'nak', asked)
    reason = 'status-%d' % status
    if status in TERMS:
        return Judged('term', reason)
    if 400 <= status <= 499:
        return Judged('nak', reason, asked, status not in PLAIN_NAKS, status == 410)
    return Judged('nak', reason, asked)

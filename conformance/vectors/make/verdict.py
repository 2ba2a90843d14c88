"""What an answer means, from docs/spec/retry.md, sections Retry-After and Verdicts."""

from datetime import datetime, timedelta, timezone

from vectors import Vectors

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
NOW_MS = int(NOW.timestamp()) * 1000
HOUR_MS = 3_600_000
TERMS = [400, 409, 413, 415, 422, 431]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def imf(at):
    return f"{DAYS[at.weekday()][:3]}, {at.day:02d} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} GMT"


def rfc850(at):
    return f"{DAYS[at.weekday()]}, {at.day:02d}-{MONTHS[at.month - 1]}-{at.year % 100:02d} {at:%H:%M:%S} GMT"


def asctime(at):
    return f"{DAYS[at.weekday()][:3]} {MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S} {at.year}"


def judge(status, named):
    """(verdict, reason, charged, removed) by the table; `named` is a verdict header that counts, or None."""
    if 200 <= status <= 299:
        return "ack", None, False, False
    if named is not None:
        return named, None if named == "ack" else named, False, False
    if status in TERMS:
        return "term", f"status-{status}", False, False
    charged = 400 <= status <= 499 and status not in (408, 410, 425, 429)
    return "nak", f"status-{status}", charged, status == 410


def vectors():
    v = Vectors("verdict")

    def add(requirements, title, status, headers, asked=None, now_ms=NOW_MS):
        named = headers.get("bellhop-verdict")
        verdict, reason, charged, removed = judge(status, named if named in ("ack", "nak", "term") else None)
        expect = {"verdict": verdict}
        if reason is not None:
            expect["reason"] = reason
            requirements = [*requirements, "RET-048"]
        expect.update({"askedMs": asked, "charged": charged, "removed": removed})
        v.add(requirements, title, {"status": status, "headers": headers, "nowMs": now_ms}, expect)

    for status in [200, 201, 202, 204, 206, 299]:
        add(["RET-033"], f"{status}", status, {})
    for status in TERMS:
        add(["RET-036"], f"{status}", status, {})
    add(["RET-037", "RET-038"], "410", 410, {})
    for status in [300, 301, 302, 304, 307, 308, 399]:
        add(["RET-037", "RET-040"], f"{status}", status, {"location": "http://127.0.0.1:1/elsewhere"})
    for status in [408, 425, 429, 500, 501, 502, 503, 504, 507, 599]:
        add(["RET-037"], f"{status}", status, {})
    for status in [401, 402, 403, 404, 405, 406, 407, 411, 412, 414, 416, 418, 421, 423, 424, 426, 428, 430, 432, 451, 499]:
        add(["RET-037", "RET-039"], f"{status}", status, {})

    for value in ["nak", "term", "later"]:
        add(["RET-033"], f"200 with the verdict {value}", 200, {"bellhop-verdict": value})
    for status in [302, 404, 410, 422, 503]:
        for value in ["ack", "nak", "term"]:
            add(["RET-034"], f"{status} with the verdict {value}", status, {"bellhop-verdict": value})
    for status in [404, 410, 422, 503]:
        add(["RET-035"], f"{status} with a verdict that is none", status, {"bellhop-verdict": "retry"})
    for value in ["ACK", "ack, nak", "ackn"]:
        add(["RET-035"], f"503 with the verdict {value!r}, which is none", 503, {"bellhop-verdict": value})

    def after(requirements, title, value, asked, status=503, now_ms=NOW_MS, **more):
        add(requirements, f"retry-after: {title}", status, {"retry-after": value, **more}, asked, now_ms)

    for value, asked in [("0", 0), ("1", 1000), ("5", 5000), ("120", 120000), ("007", 7000), ("3600", HOUR_MS)]:
        after(["RET-029"], f"{value} seconds", value, asked)
    for title, value in [("above an hour", "3601"), ("a year", "31536000"), ("beyond 32 bits", "99999999999"),
                         ("beyond doubles", "9" * 400)]:
        after(["RET-023", "RET-029"], title, value, HOUR_MS)
    for status in [302, 404, 408, 410, 429, 500]:
        after(["RET-022", "RET-029"], f"with {status}", "5", 5000, status)
    after(["RET-022", "RET-034"], "with 422 and the verdict nak", "5", 5000, 422, **{"bellhop-verdict": "nak"})

    for name, form in [("IMF-fixdate", imf), ("RFC 850", rfc850), ("asctime", asctime)]:
        for title, seconds in [("in 10 s", 10), ("in 6 days", 6 * 86400), ("now", 0), ("1 s ago", -1)]:
            asked = min(max(0, seconds * 1000), HOUR_MS)
            after(["RET-030"], f"a date {title}, {name}", form(NOW + timedelta(seconds=seconds)), asked)
    after(["RET-030"], "a date in 10 s by a clock between two seconds", imf(NOW + timedelta(seconds=10)), 9750,
          now_ms=NOW_MS + 250)
    after(["RET-030"], "a date of the next month, asctime, its day of two digits",
          asctime(datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone.utc)), 1000,
          now_ms=int(datetime(2026, 1, 31, 23, 59, 58, tzinfo=timezone.utc).timestamp()) * 1000)
    after(["RET-030"], "a leap day", imf(datetime(2028, 2, 29, tzinfo=timezone.utc)), 60000,
          now_ms=int(datetime(2028, 2, 28, 23, 59, tzinfo=timezone.utc).timestamp()) * 1000)
    after(["RET-030"], "a date long ago", "Sun, 06 Nov 1994 08:49:37 GMT", 0)
    after(["RET-030"], "a date of the last century, RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 0)
    after(["RET-030", "RET-031"], "a date with 429", imf(NOW + timedelta(seconds=10)), 10000, 429)

    for title, value in [
        ("a sign", "+5"), ("less than 0", "-5"), ("a fraction", "5.5"), ("a unit", "5s"), ("a word", "soon"),
        ("hexadecimal", "0x10"), ("an exponent", "1e3"), ("two numbers", "5, 10"), ("infinite", "Infinity"),
        ("an ISO date", "2026-01-01T00:00:10Z"), ("a date without its time", "Thu, 01 Jan 2026"),
        ("a date with an offset", "Thu, 01 Jan 2026 00:00:10 +0000"), ("a day of the week", "Thursday"),
        ("a date of no known month", "Thu, 01 Foo 2026 00:00:10 GMT"),
    ]:
        after(["RET-031"], f"{title}, which is ignored", value, None)
    return v

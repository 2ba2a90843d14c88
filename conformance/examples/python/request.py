"""A request as the routes see it, and the shape of an answer."""
import re

import envelope
from json_text import write_json
from problem import answer_problem
from refusal import Refusal

PREFER_WAIT = re.compile(r'wait[ \t]*=[ \t]*(?:"([0-9]+)"|([0-9]+))', re.I)


class Request:
    """A request as the routes see it."""

    def __init__(self, method, parts, query, raw, headers, body, tell, credential, reply):
        self.method, self.credential, self.reply = method, credential, reply
        self.parts, self.raw, self.headers, self.body, self.tell = parts, raw, headers, body, tell
        self.query = read_query(query)

    def allow(self, *scopes):
        """Refuses a credential without one of the scopes (SEC-011)."""
        if self.credential:
            self.credential.need(*scopes)

    def number(self, name, least, most, default):
        """A whole number of the query (HTTP-030)."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch('[0-9]{1,9}', text) or not least <= int(text) <= most:
            raise Refusal('argument-invalid', 'from %d to %d' % (least, most), field=name)
        return int(text)

    def need(self, name):
        """A part of the query that must be there (HTTP-030)."""
        if not self.query.get(name):
            raise Refusal('argument-invalid', 'is missing', field=name)
        return self.query[name]


def read_query(text):
    """Names and values, percent-decoded once (HTTP-028)."""
    found = {}
    for pair in text.split('&') if text else ():
        name, _, value = pair.partition('=')
        name = decode(name, 'query')
        if name in found:
            raise Refusal('argument-invalid', 'is there twice', field=name)
        found[name] = decode(value, name)
    return found


def decode(text, field):
    decoded, code = envelope.decode_value(text.replace('"', '%22'))
    if code:
        raise Refusal('argument-invalid', 'broken percent-encoding', field=field)
    return decoded


def late_body(gw):
    """The answer to a request whose body did not come (HTTP-009)."""
    return answer_problem(Refusal('timeout', 'the body did not arrive in time'), gw.mount, {'connection': 'close'})


def answer_json(status, value, kind='application/json', headers=None):
    return status, {'content-type': kind, **(headers or {})}, write_json(value).encode('utf-8')


def wait_of(headers):
    """N of `Prefer: wait=N`, at most 60, or None (HTTP-022, HTTP-023)."""
    for each in headers.get('prefer', '').split(','):
        found = PREFER_WAIT.fullmatch(each.partition(';')[0].strip())
        if found:
            digits = found.group(1) or found.group(2)
            return 60 if len(digits) > 4 and digits.strip('0') else min(60, int(digits))
    return None


def is_public(method, parts):
    """What needs no credential (SEC-009)."""
    if method == 'OPTIONS':
        return parts[0] != 'services' or len(parts) < 3
    return method in ('GET', 'HEAD') and '/'.join(parts) in ('', 'health', 'errors')

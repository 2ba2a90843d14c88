"""A receiving service: the routes of an endpoint (HTTP-062 to HTTP-070, BUS-056 to BUS-059)."""
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Optional

import envelope
import registration
from access import judge_open
from gateway import call_out
from json_text import write_json
from pattern import matches
from problem import problem_of
from refusal import Refusal
from request import answer_json
from sign import verify

REMEMBERED_MS = 600000
MAX_REMEMBERED = 1000000
LONGEST_RUN_MS = 2147483647
VERSION = '1.0.0'
LIMITS = {**envelope.LIMITS, 'maxBytes': 1048576}


@dataclass(eq=False)
class Receiver:
    """A service: what it takes, what it has acknowledged and what it handles now."""
    name: str
    subscriptions: list
    schemas: dict = field(default_factory=dict)
    secrets: Optional[list] = None
    acknowledged: OrderedDict = field(default_factory=OrderedDict)
    handling: set = field(default_factory=set)


def new_receiver(told, security=None):
    """The service of `start` with role service (control.md)."""
    for each in told.get('subscriptions', []):
        if not registration.is_pattern(each):
            raise Refusal('argument-invalid', 'no pattern', field='subscriptions')
    return Receiver(told.get('name', 'service'), list(told.get('subscriptions', [])),
                    dict(told.get('schemas', {})), secrets_of(security, told.get('name', 'service')))


def secrets_of(security, name):
    """Its signing secrets; None takes what is not signed, [] has none and was not told to (SEC-066)."""
    if security is None:
        return None
    found = security.get('secrets') or []
    found = found.get(name, []) if isinstance(found, dict) else found
    return [found] if isinstance(found, str) else list(found)


def verified(gw, receiver, headers, body, peer):
    """Refuses what is not signed as it must be (SEC-019 to SEC-021, SEC-066)."""
    if receiver.secrets:
        verify(receiver.secrets, headers, body, gw.now)
    elif receiver.secrets is not None:
        try:
            judge_open(headers, peer)
        except Refusal:
            raise Refusal('secret-missing', 'there is no secret to verify deliveries with') from None


def refuse(refusal, verdict=None, delay_ms=None):
    """The answer of a refusal, with its verdict (HTTP-064, HTTP-065, RET-032)."""
    told = problem_of(refusal)
    told['type'] = 'urn:bellhop:problem:' + refusal.code
    headers = {'content-type': 'application/problem+json'}
    if verdict:
        headers['bellhop-verdict'] = verdict
    if delay_ms is not None:
        headers['retry-after'] = str(-(-delay_ms // 1000))
    return told['status'], headers, write_json(told).encode('utf-8')


def handle_service(gw, receiver, method, path, headers, body, later, peer='127.0.0.1'):
    """(status, headers, body), or None if `later(answer)` will be told it."""
    headers, _ = envelope.lower_headers(headers)
    bare = '/' + path.partition('?')[0].strip('/')
    if bare not in ('/', '/health'):
        return refuse(Refusal('route-unknown', 'nothing is served there'))
    try:
        if bare == '/' and method == 'POST':
            verified(gw, receiver, headers, body, peer)
            return receive(gw, receiver, headers, body, later)
    except Refusal as refusal:
        return refuse(refusal)
    if bare == '/' and method == 'GET':
        return answer_json(200, {'name': receiver.name, 'version': VERSION, 'subscriptions': receiver.subscriptions,
                                 'health': 'health'})
    if bare == '/health' and method == 'GET':
        return answer_json(200, {'status': 'pass', 'version': VERSION}, 'application/health+json')
    if bare == '/' and method == 'OPTIONS':
        return 204, {'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*'}, b''
    status, told, body = refuse(Refusal('method-unsupported', 'the path does not take that method'))
    return status, {**told, 'allow': 'GET, POST, OPTIONS' if bare == '/' else 'GET'}, body


def is_known(gw, receiver, key):
    """Whether a message was acknowledged within the time remembered (BUS-058, BUS-059)."""
    known = receiver.acknowledged
    while known:
        oldest, at_ms = next(iter(known.items()))
        if at_ms + REMEMBERED_MS >= gw.now and len(known) <= MAX_REMEMBERED:
            break
        del known[oldest]
    return key in known


def receive(gw, receiver, headers, body, later):
    """One delivery: its envelope, duplicates, the handler (HTTP-063 to HTTP-070)."""
    if envelope.mode_of(headers) != 'structured':
        raise Refusal('content-type-unsupported', 'deliveries are in structured mode')
    _, found = envelope.parse(headers, body, LIMITS)
    key = (found['source'], found['id'])
    if is_known(gw, receiver, key):
        return 204, {}, b''
    if key in receiver.handling:
        return refuse(Refusal('in-progress', 'the same message is being handled'), 'nak')
    handler = next((each for each in receiver.subscriptions if matches(each, found['type'])), None)
    if handler is None:
        if found['type'].endswith('.reply') and 'causationid' in found:
            receiver.acknowledged[key] = gw.now
            return 204, {}, b''
        return refuse(Refusal('handler-missing', 'no handler for this type'), 'term')
    if not fits(found.get('data'), receiver.schemas.get(handler, [])):
        return refuse(Refusal('data-invalid', 'the data lacks a member'), 'term')
    deadline = headers.get('bellhop-deadline-ms', '')
    limit = int(deadline) if deadline.isascii() and deadline.isdigit() and 0 < len(deadline) < 10 else LONGEST_RUN_MS

    def done(answer):
        verdict = answer.get('verdict')
        if verdict == 'ack' and answer.get('reply') is not None and 'replyto' in found:
            call_out(gw, 'publish', lambda taken: done({'verdict': 'ack' if taken.get('verdict') == 'ack' else None}),
                     {'envelope': reply_to(gw, receiver, found, answer['reply'])}, limit)
            return
        receiver.handling.discard(key)
        if answer.get('fault') == 'timeout':
            gw.events.append({'kind': 'stop', 'call': name, 'atMs': gw.now})
        if verdict == 'ack':
            receiver.acknowledged[key] = gw.now
            later((204, {}, b''))
        elif verdict == 'term':
            later(refuse(Refusal('handler-term', answer.get('reason') or 'refused for good'), 'term'))
        elif verdict == 'nak':
            later(refuse(Refusal('handler-nak', 'another attempt is asked for'), 'nak', answer.get('delayMs')))
        else:
            later(refuse(Refusal('handler-failed', 'the handler threw'), 'nak'))
    receiver.handling.add(key)
    name = call_out(gw, 'handler', done, {'envelope': found}, limit)
    return None


def fits(data, members):
    """Whether the data has every member that its handler needs, each a text (HTTP-068)."""
    return not members or isinstance(data, dict) and all(isinstance(data.get(each), str) for each in members)


def reply_to(gw, receiver, found, data):
    """The reply to a request (BUS-122, BUS-123)."""
    return {'specversion': '1.0', 'id': gw.token(), 'source': '/' + receiver.name, 'type': found['type'] + '.reply',
            'target': found['replyto'], 'causationid': found['id'],
            'correlationid': found.get('correlationid', found['id']), 'data': data}

"""The routes of the gateway as one function, in open mode (http.md)."""
import re
import sys
import traceback

import bus
import bus_end
import documents
import envelope
import health
import proxy
import redrive
import registry
from access import judge_open
from bus_state import status_of
from codes import CODES
from deliver import dispatch
from gateway import OWN_SOURCE, watch
from json_text import Malformed, read_bytes
from later import Later, after
from letters import find_letter
from problem import answer_problem, problem_of
from pull_routes import get_deliveries, post_deliveries
from refusal import Refusal
from request import Request, answer_json, decode, is_public, wait_of
from stream import MAX_STREAMS, Body, Stream

VERSION = '0.1.0'
MAX_DISCOVERIES = 16
LONGEST_HEADERS = 65536


class NoMethod(Exception):
    """The path is served, but not with that method; args[0] holds those that it takes."""


def handle(gw, method, path, headers, body, later, peer='127.0.0.1'):
    """(status, headers, body) of a request, or None if `later(answer)` will be told it.

    `path` is relative to the mount and may hold a query (HTTP-001). `later` is a Reply.
    """
    raw, (headers, _) = headers, envelope.lower_headers(headers)
    if sum(len(name) + len(value) for name, value in headers.items()) > LONGEST_HEADERS:
        return answer_problem(Refusal('headers-too-large', 'more than 65,536 bytes'), gw.mount)

    def tell(make):
        """Answers later, refusals included."""
        def told(found):
            try:
                if isinstance(found, Refusal):
                    raise found
                answer = make(found)
            except Refusal as refusal:
                answer = answer_problem(refusal, gw.mount)
            if answer is not None:
                later(answer)
        return told
    try:
        if gw.access is None:
            judge_open(headers, peer)
        return route(gw, method.upper(), path, raw, headers, body, tell, later)
    except Refusal as refusal:
        return answer_problem(refusal, gw.mount)
    except NoMethod as lack:
        allowed = ', '.join(lack.args[0])
        refusal = Refusal('method-unsupported', 'the path takes ' + allowed)
        return answer_problem(refusal, gw.mount, {'allow': allowed})
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return answer_problem(Refusal('internal', 'a fault of the gateway itself'), gw.mount)


def route(gw, method, path, raw, headers, body, tell, reply):
    """Finds who serves a path (HTTP-002, HTTP-003)."""
    bare, _, query = path.partition('?')
    bare = bare.partition('#')[0]
    parts = bare.split('/')[1:] if bare.startswith('/') else bare.split('/')
    query = query.partition('#')[0]
    credential = None
    if gw.access and not is_public(method, parts):
        credential = gw.access.who(headers)
    if 'bellhop-lease' in headers:
        renew_by_header(gw, headers)
    if parts[0] == 'services' and len(parts) > 2:
        if credential:
            credential.need('call:' + decode(parts[1], 'name'), 'call:*')
        return proxy.pass_on(gw, method, path, parts[1], headers, body, tell)
    key = '/'.join(parts[:1] + ['{id}'] * (len(parts) > 1) + parts[2:])
    routes = ROUTES.get(key if parts[0] in ('services', 'dead-letters') else bare.lstrip('/') if bare else '')
    if routes is None or len(parts) > 1 and not parts[1]:
        raise Refusal('route-unknown', 'nothing is served there')
    served = routes.get('GET' if method == 'HEAD' and 'GET' in routes else method)
    if served is None:
        raise NoMethod(list(routes) + (['HEAD'] if 'GET' in routes else []))
    answer = served(gw, Request(method, parts, query, raw, headers, body, tell, credential, reply))
    if method == 'HEAD' and answer:
        if isinstance(answer[2], Body):
            answer[2].end()
        return answer[0], answer[1], b''
    return answer


def renew_by_header(gw, headers):
    """Any request that carries the lease token renews the lease (REG-025)."""
    instance = gw.leases.get(registry.digest(headers['bellhop-lease']))
    if instance:
        registry.renew(gw, instance, 'request')


def post_messages(gw, request):
    """Publish (HTTP-017 to HTTP-027, HTTP-072, HTTP-073, HTTP-082, HTTP-083)."""
    headers, delay_ms = request.headers, None
    if 'bellhop-delay-ms' in headers:
        if not re.fullmatch('[0-9]{1,15}', headers['bellhop-delay-ms'].strip()):
            raise Refusal('argument-invalid', 'no whole number', field='bellhop-delay-ms')
        delay_ms = int(headers['bellhop-delay-ms'])
    mode, found = bus.publish(gw, request.raw, request.body, headers.get('bellhop-lease'), delay_ms, True,
                              request.credential)
    if mode == 'batch':
        return flushed(found, request, lambda found: answer_json(202, {'results': [
            problem_of(each, gw.mount) if isinstance(each, Refusal) else in_batch(gw, each) for each in found]}))
    return flushed(found, request, lambda found: answer_publish(gw, request, found))


def flushed(found, request, make):
    """Answers now, or once it is flushed."""
    if isinstance(found, Later) and not found.is_done:
        found.then(request.tell(make))
        return None
    return after(found, make)


def answer_publish(gw, request, found):
    message = gw.messages[(found['source'], found['id'])]
    seconds = wait_of(request.headers) if len(gw.watchers) < gw.bounds['waits'] else None
    if seconds is None:
        if found['duplicate']:
            found['status'] = status_of(message)
        return answer_json(202, found)
    applied = {'preference-applied': 'wait=%d' % seconds}

    def made(is_over):
        return answer_json(200 if is_over else 202, {**found, 'status': status_of(message)}, headers=applied)
    if message.open == 0 or seconds == 0:
        return made(message.open == 0)
    watch(gw, lambda: message.open == 0, request.tell(made), seconds * 1000)
    return None


def in_batch(gw, found):
    """A result of a batch: the number 202 as `status` (HTTP-019)."""
    return {**found, 'status': 202}


def get_messages(gw, request):
    """Status and lists (HTTP-028 to HTTP-033, HTTP-071, HTTP-074)."""
    query = request.query
    if 'unfinished' in query or 'state' in query:
        request.allow('observe')
        what, name, only = 'delayed', 'state', 'delayed'
        if 'unfinished' in query:
            what, name, only = 'unfinished', 'unfinished', 'CRITICAL'
        if query[name] != only:
            raise Refusal('argument-invalid', 'must be ' + only, field=name)
        shown, after = page_of(gw, request, what)
        return answer_json(200, {'messages': shown, 'after': after})
    if request.credential and not request.credential.owns(request.need('source')):
        request.allow('observe')
    message = bus_end.find(gw, request.need('source'), request.need('id'))
    seconds = wait_of(request.headers) if len(gw.watchers) < gw.bounds['waits'] else None

    def made(_):
        return answer_json(200, status_of(message))
    if not seconds or message.open == 0:
        return made(True)
    watch(gw, lambda: message.open == 0, request.tell(made), seconds * 1000)
    return None


def page_of(gw, request, what):
    limit = request.number('limit', 1, 1000, 100)
    return bus.page(gw, what, limit, request.query.get('after'), request.query.get('receiver'))


def delete_messages(gw, request):
    if request.credential and not request.credential.owns(request.need('source')):
        request.allow('admin')
    found = bus_end.cancel(gw, request.need('source'), request.need('id'))
    dispatch(gw)
    return flushed(found, request, lambda message: answer_json(200, status_of(message)))


def post_registry(gw, request):
    """The three registry envelopes (HTTP-034 to HTTP-036)."""
    mode, given = envelope.parse(request.raw, request.body, gw.limits)
    if mode != 'one':
        raise Refusal('content-type-unsupported', 'one envelope at a time')
    if request.credential:
        request.credential.judge_registry(given)
    told = registry.answer_registry(gw, given)
    dispatch(gw)
    return flushed(told, request, lambda told: answer_json(200, told, envelope.STRUCTURED))


def post_discover(gw, request):
    """Discovery (HTTP-037, HTTP-086)."""
    request.allow('register:*')
    if len(request.body) > gw.limits['maxBytes']:
        raise Refusal('body-too-large', 'more than maxBytes')
    try:
        given = read_bytes(request.body)
    except Malformed:
        raise Refusal('argument-invalid', 'the body is not JSON', field='url') from None
    if gw.discoveries >= MAX_DISCOVERIES:
        raise Refusal('too-many-streams', 'as many discoveries are under way as may be', retry_after_ms=1000)

    def done(found):
        gw.discoveries -= 1
        request.tell(made)(found)

    def made(found):
        return answer_json(200, registry.listed(gw, gw.services[found.service]))
    health.discover(gw, given.get('url') if isinstance(given, dict) else None, done)
    gw.discoveries += 1
    return None


def get_services(gw, request):
    request.allow('observe')
    shown, after = page_of(gw, request, 'services')
    return answer_json(200, {'services': shown, 'after': after})


def get_service(gw, request):
    name = decode(request.parts[1], 'name')
    request.allow('call:' + name, 'call:*', 'observe')
    if name not in gw.services:
        raise Refusal('service-unknown', 'no service of that name is registered')
    return answer_json(200, registry.listed(gw, gw.services[name]))


def get_letters(gw, request):
    request.allow('observe')
    shown, after = page_of(gw, request, 'dead-letters')
    return answer_json(200, {'deadLetters': shown, 'after': after})


def get_letter(gw, request):
    request.allow('observe')
    return answer_json(200, find_letter(gw, decode(request.parts[1], 'id'))[1])


def post_redrive(gw, request):
    request.allow('admin')
    found = redrive.redrive(gw, decode(request.parts[1], 'id'))
    dispatch(gw)

    def made(begun):
        source, key_id = begun[0].message.key
        return answer_json(202, {'source': source, 'id': key_id, 'run': begun[0].run,
                                 'receivers': [each.receiver for each in begun]})
    return flushed(found, request, made)


def delete_letter(gw, request):
    request.allow('admin')
    return flushed(redrive.discard(gw, decode(request.parts[1], 'id')), request, lambda _: (204, {}, b''))


def get_manifest(gw, request):
    """The gateway's manifest (HTTP-055, ENV-048)."""
    durable = {'maxRecordBytes': gw.max_record_bytes, 'maxDurableBytes': gw.max_durable_bytes} if gw.store else {}
    return answer_json(200, {
        'name': 'bellhop', 'version': VERSION, 'source': OWN_SOURCE,
        'profiles': ['core', 'registry', 'http', 'pull'] + ['durable'] * bool(gw.store) + ['security'],
        'durability': 'flushed' if gw.store else 'memory', 'endpointGuard': gw.guard.level,
        'limits': {**gw.limits, **durable, 'capacity': gw.capacity}})


def get_health(gw, request):
    """The gateway's health (HTTP-056, HTTP-057)."""
    has_failed = gw.store is not None and gw.store.failed
    status = 'fail' if gw.closing or has_failed else 'pass'
    checks = {'store': [{'status': 'fail' if has_failed else 'pass'}],
              'deliveries:unfinished': [{'status': 'pass', 'observedValue': gw.unfinished}],
              'dead-letters:kept': [{'status': 'pass', 'observedValue': len(gw.letters) + len(gw.durable_letters)}]}
    return answer_json(503 if status == 'fail' else 200, {'status': status, 'version': VERSION, 'checks': checks},
                       'application/health+json')


def get_trace(gw, request):
    """The stream of trace events in the place of a body (HTTP-051 to HTTP-053, HTTP-087)."""
    request.allow('observe')
    owner = request.credential and request.credential.name
    if owner is not None and sum(each.owner == owner for each in gw.streams) >= MAX_STREAMS // 2:
        raise Refusal('too-many-streams', 'half of the streams are open to that credential', retry_after_ms=1000)
    stream = Stream(gw, owner)
    return 200, {'content-type': 'text/event-stream', 'cache-control': 'no-store'}, stream


def get_errors(gw, request):
    """A page with an anchor for each code (HTTP-075)."""
    lines = ['<h2 id="%s">%s</h2><p>%d: %s</p>' % (code, code, told[0], told[3].replace('<', '&lt;'))
             for code, told in CODES.items()]
    page = '<!doctype html><html lang="en"><title>Errors</title>' + ''.join(lines) + '</html>'
    return 200, {'content-type': 'text/html; charset=utf-8'}, page.encode()


def get_openapi(gw, request):
    return answer_json(200, documents.openapi(gw, VERSION))


def get_asyncapi(gw, request):
    request.allow('observe')
    return answer_json(200, documents.asyncapi(gw, VERSION))


ROUTES = {
    '': {'GET': get_manifest}, 'health': {'GET': get_health}, 'errors': {'GET': get_errors},
    'trace': {'GET': get_trace}, 'openapi.json': {'GET': get_openapi}, 'asyncapi.json': {'GET': get_asyncapi},
    'messages': {'POST': post_messages, 'GET': get_messages, 'DELETE': delete_messages},
    'deliveries': {'GET': get_deliveries, 'POST': post_deliveries},
    'registry': {'POST': post_registry}, 'discover': {'POST': post_discover}, 'services': {'GET': get_services},
    'services/{id}': {'GET': get_service}, 'dead-letters': {'GET': get_letters},
    'dead-letters/{id}': {'GET': get_letter, 'DELETE': delete_letter},
    'dead-letters/{id}/redrive': {'POST': post_redrive},
}

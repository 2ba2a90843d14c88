"""Documents for machines: OpenAPI 3.1 of the routes, AsyncAPI 3.0 of the events (HTTP-077 to HTTP-081)."""
from codes import CODES

MAX_PATTERNS = 1000
ENVELOPE = ('envelope-malformed', 'envelope-invalid', 'content-type-unsupported', 'body-too-large', 'timeout')
PUBLISH = ENVELOPE + (
    'closing', 'batch-too-large', 'type-reserved', 'source-reserved', 'id-conflict', 'message-expired',
    'target-unknown', 'store-required', 'queue-full', 'record-too-large', 'store-full', 'not-durable', 'lease-unknown')
EVERYWHERE = ('headers-too-large', 'argument-invalid', 'open-mode-refused', 'unauthorized', 'forbidden', 'internal',
              'timeout', 'body-too-large')
DISCOVERY = ('registration-invalid', 'registry-full', 'endpoint-refused', 'secret-missing')

# path -> method -> (statuses of success, codes beside those that every route has)
TOLD = {
    '/': {'get': ((200,), ())},
    '/health': {'get': ((200, 503), ())},
    '/errors': {'get': ((200,), ())},
    '/openapi.json': {'get': ((200,), ())},
    '/asyncapi.json': {'get': ((200,), ())},
    '/trace': {'get': ((200,), ('too-many-streams',))},
    '/messages': {'post': ((200, 202), PUBLISH), 'get': ((200,), ('message-unknown',)),
                  'delete': ((200,), ('message-unknown', 'message-ended', 'not-durable'))},
    '/registry': {'post': ((200,), ENVELOPE + DISCOVERY + ('lease-unknown',))},
    '/discover': {'post': ((200,), DISCOVERY + ('discovery-failed', 'too-many-streams', 'closing'))},
    '/deliveries': {'get': ((200,), ('lease-unknown', 'too-many-streams', 'closing')),
                    'post': ((200,), ('lease-unknown',))},
    '/services': {'get': ((200,), ())},
    '/services/{name}': {'get': ((200,), ('service-unknown',))},
    '/dead-letters': {'get': ((200,), ())},
    '/dead-letters/{id}': {'get': ((200,), ('dead-letter-unknown',)),
                           'delete': ((204,), ('dead-letter-unknown', 'not-durable'))},
    '/dead-letters/{id}/redrive': {'post': ((202,), (
        'dead-letter-unknown', 'closing', 'message-expired', 'target-unknown', 'queue-full', 'not-durable'))},
}
METHODS = ('get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace')
PROXY = ('service-unknown', 'no-instance', 'circuit-open', 'too-many-streams', 'unreachable', 'deadline-exceeded',
         'endpoint-refused')
OWN = ('message.delivered', 'message.failed', 'service.register', 'service.registered', 'service.renew',
       'service.renewed', 'service.deregister', 'service.deregistered')


def openapi(gw, version):
    """Every route with every status and code that it answers with (HTTP-078)."""
    paths = {path: {method: operation(path, *told) for method, told in methods.items()}
             for path, methods in TOLD.items()}
    for each in TOLD:
        if 'get' in paths[each]:
            paths[each]['head'] = paths[each]['get']
    whole = '/services/{name}/{path}'
    paths[whole] = {method: operation(whole, ('default',), PROXY) for method in METHODS}
    return {'openapi': '3.1.0', 'info': {'title': 'Bellhop', 'version': version}, 'servers': [{'url': gw.mount or '/'}],
            'paths': paths}


def operation(path, statuses, codes):
    """An operation: its parameters and its answers."""
    answers = {str(each): {'description': 'The answer'} for each in statuses}
    for code in sorted({*EVERYWHERE, *codes, 'method-unsupported'}):
        answer = answers.setdefault(str(CODES[code][0]), {'description': 'Refused'})
        answer.setdefault('content', {'application/problem+json': {'schema': {
            'type': 'object', 'properties': {'code': {'enum': []}}}}})
        answer['content']['application/problem+json']['schema']['properties']['code']['enum'].append(code)
    named = [each[1:-1] for each in path.split('/') if each.startswith('{')]
    return {'parameters': [{'name': each, 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
                           for each in named], 'responses': answers}


def asyncapi(gw, version):
    """The protocol's own events, and the patterns that services subscribe to (HTTP-079, HTTP-080)."""
    patterns = dict.fromkeys(each for service in gw.services.values() for each in service.subscriptions)
    shown = list(patterns)[:MAX_PATTERNS]
    channels, operations = {}, {}
    for place, address in enumerate([*OWN, *shown]):
        name = 'channel-%d' % place
        channels[name] = {'address': address, 'messages': {'event': {
            'name': address, 'contentType': 'application/cloudevents+json', 'payload': {'type': 'object'}}}}
        operations['take-%d' % place] = {'action': 'receive', 'channel': {'$ref': '#/channels/' + name}}
    left_out = len(patterns) - len(shown)
    info = {'title': 'Bellhop', 'version': version}
    if left_out:
        info.update({'description': '%d patterns are left out.' % left_out, 'x-left-out': left_out})
    return {'asyncapi': '3.0.0', 'info': info, 'channels': channels, 'operations': operations}

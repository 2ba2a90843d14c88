"""The proxy to services (HTTP-040 to HTTP-047, HTTP-084, RET-009)."""
import re

from choice import choose
from envelope import decode_value
from gateway import call_out
from refusal import Refusal
from stream import Body

HOP = {'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
       'transfer-encoding', 'upgrade'}
OWN = {'bellhop-lease', 'host', 'content-length', 'accept-encoding'}


def has_dots(path):
    """A dot segment, encoded or not (HTTP-042)."""
    for segment in re.split(r'[/\\]|%2f|%5c', path.partition('?')[0], flags=re.I):
        if re.sub('%2e', '.', segment, flags=re.I) in ('.', '..'):
            return True
    return False


def end_to_end(headers):
    """Headers without those of one hop (HTTP-041)."""
    named = {each.strip().lower() for each in headers.get('connection', '').split(',')}
    return {name: value for name, value in headers.items()
            if name not in HOP and name not in named and name not in OWN}


def pass_on(gw, method, path, name, headers, body, tell):
    """Passes a request on to an instance; answers later."""
    if has_dots(path):
        raise Refusal('argument-invalid', 'a dot segment', field='path')
    name, _ = decode_value(name)
    service = gw.services.get(name)
    if service is None:
        raise Refusal('service-unknown', 'no service of that name is registered')
    limit = gw.policies['NORMAL']['attemptTimeoutMs']
    asked = headers.get('bellhop-deadline-ms')
    deadline = None
    if asked is not None:
        if not re.fullmatch('[0-9]{1,15}', asked) or int(asked) < 1:
            raise Refusal('argument-invalid', 'no whole number of ms', field='bellhop-deadline-ms')
        deadline = min(int(asked), limit)
    if gw.proxied >= gw.bounds['calls']:
        raise Refusal('too-many-streams', 'as many requests are passed on as may be', retry_after_ms=1000)
    instance, try_ms = choose(gw, [each for each in service.instances.values() if not each.pulls])
    if try_ms is not None:
        raise Refusal('circuit-open', 'the breaker of each instance is open', retry_after_ms=try_ms - gw.now)
    if instance is None:
        raise Refusal('no-instance', 'no instance of the service can be called', retry_after_ms=1000)
    gw.guard.check(instance.endpoint)
    tail = path.split('/', 3)[3] if path.startswith('/') else path.split('/', 2)[2]
    url = re.match(r'[^:]+://[^/?]+', instance.endpoint).group() + '/' + tail
    sent = end_to_end(headers)
    sent['bellhop-deadline-ms'] = str(deadline or limit)
    if body:
        sent['content-length'] = str(len(body))
    if gw.access:
        sent.pop('authorization', None)
        sent['via'] = ', '.join(each for each in (sent.get('via'), '1.1 bellhop') if each)

    body_out = []

    def over():
        """Its body has ended, or whoever asked is gone."""
        if gw.calls.pop(call, None):
            gw.proxied -= 1

    def done(answer):
        """All of the answer has come, or no more of it will."""
        gw.proxied -= 1
        if body_out:
            body_out[0].end()
        else:
            tell(made)(answer)

    def begun(answer):
        """Status and headers are there: they are passed on, and the body as it comes."""
        body_out.append(Body(over))
        gw.calls[call].body = body_out[0]
        tell(made)(answer)

    def made(answer):
        if answer.get('fault') == 'timeout':
            own = deadline is not None and deadline < limit
            raise Refusal('deadline-exceeded' if own else 'timeout', 'no answer came in time')
        if answer.get('fault') == 'endpoint-refused':
            raise Refusal('endpoint-refused', 'the address is not allowed here')
        if 'status' not in answer:
            raise Refusal('unreachable', 'the instance could not be reached')
        lower = {key.lower(): value for key, value in answer.get('headers', {}).items()}
        data = answer.get('body', '').encode('utf-8', 'surrogatepass')
        if body_out:
            body_out[0].put(data)
        return answer['status'], end_to_end(lower), body_out[0] if body_out else data
    gw.proxied += 1
    call = call_out(gw, 'proxy', done, {'receiver': name, 'instance': instance.name, 'request': {
        'method': method, 'url': url, 'headers': sent, 'body': body.decode('utf-8', 'replace')}}, deadline or limit)
    gw.calls[call].begun, gw.calls[call].raw = begun, body
    return None

"""The proxy to services (HTTP-040 to HTTP-047, HTTP-084, RET-009)."""
import re

from choice import choose
from envelope import decode_value
from gateway import call_out
from refusal import Refusal

HOP = {'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
       'transfer-encoding', 'upgrade'}
OWN = {'bellhop-lease', 'host', 'content-length', 'accept-encoding'}
MAX_PROXIED = 256


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
    if gw.proxied >= MAX_PROXIED:
        raise Refusal('too-many-streams', 'as many requests are passed on as may be', retry_after_ms=1000)
    instance, try_ms = choose(gw, service.instances.values())
    if try_ms is not None:
        raise Refusal('circuit-open', 'the breaker of each instance is open', retry_after_ms=try_ms - gw.now)
    if instance is None:
        raise Refusal('no-instance', 'no instance of the service can be called', retry_after_ms=1000)
    tail = path.split('/', 3)[3] if path.startswith('/') else path.split('/', 2)[2]
    url = re.match(r'[^:]+://[^/?]+', instance.endpoint).group() + '/' + tail
    sent = end_to_end(headers)
    sent['bellhop-deadline-ms'] = str(deadline or limit)

    def made(answer):
        if answer.get('fault') == 'timeout':
            own = deadline is not None and deadline < limit
            raise Refusal('deadline-exceeded' if own else 'timeout', 'no answer came in time')
        if 'status' not in answer:
            raise Refusal('unreachable', 'the instance could not be reached')
        lower = {key.lower(): value for key, value in answer.get('headers', {}).items()}
        return answer['status'], end_to_end(lower), answer.get('body', '').encode('utf-8', 'surrogatepass')

    def done(answer):
        gw.proxied -= 1
        tell(made)(answer)
    gw.proxied += 1
    call_out(gw, 'proxy', done, {'receiver': name, 'instance': instance.name, 'request': {
        'method': method, 'url': url, 'headers': sent, 'body': body.decode('utf-8', 'replace')}}, deadline or limit)
    return None

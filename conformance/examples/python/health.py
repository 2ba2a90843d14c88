"""Health checks, health by verdicts, discovery (REG-013 to REG-015, REG-046 to REG-054)."""
import hashlib
import re

from gateway import call_out, trace
from json_text import Malformed, read_bytes
from later import Later
from refusal import Refusal
from schedule import CHECK, wake

CHECK_TIMEOUT_MS = 5000
MANIFEST_TIMEOUT_MS = 5000
LONGEST_DOCUMENT = 65536
ORIGIN = 'bellhop'


def joined(endpoint, path):
    """A path relative to an endpoint."""
    base, sign, query = endpoint.partition('?')
    return base.rstrip('/') + '/' + path + sign + query


def request_to(method, url, headers=None):
    return {'method': method, 'url': url, 'headers': headers or {}, 'body': ''}


def plan_check(gw, instance):
    """The next check of an instance, one interval on (REG-046)."""
    if gw.health_interval_ms and not instance.pulls:
        instance.check_timer = wake(gw.schedule, gw.now + gw.health_interval_ms, CHECK, check, gw, instance)


def check(gw, instance):
    """Asks for health, unless the last question is still open (REG-053)."""
    plan_check(gw, instance)
    if instance.checking or gw.closing:
        return
    if not may_call(gw, instance.endpoint):
        checked(gw, instance, False)
        return
    instance.checking = True

    def done(answer):
        instance.checking = False
        if not instance.gone:
            checked(gw, instance, is_passed(answer))
    call_out(gw, 'health', done, {
        'receiver': instance.service, 'instance': instance.name,
        'request': request_to('GET', joined(instance.endpoint, instance.health_path),
                              {'accept': 'application/health+json'})}, CHECK_TIMEOUT_MS)


def may_call(gw, endpoint):
    """Whether the guard lets an endpoint be called now (SEC-025)."""
    try:
        gw.guard.check(endpoint)
    except Refusal:
        return False
    return True


def handshake(gw, endpoint):
    """Asks for consent: Later of the rate granted, None for any (REG-018, REG-019, SEC-054 to SEC-056)."""
    later = Later()

    def asked(answer):
        headers = {name.lower(): value for name, value in answer.get('headers', {}).items()}
        rate = headers.get('webhook-allowed-rate', '*').strip()
        if headers.get('webhook-allowed-origin') not in (ORIGIN, '*') or not re.fullmatch('[*]|[1-9][0-9]{0,8}', rate):
            later.tell(Refusal('endpoint-refused', 'the endpoint does not consent', field='endpoint'))
        else:
            later.tell(None if rate == '*' else int(rate))
    call_out(gw, 'handshake', asked, {'request': request_to('OPTIONS', endpoint, {'webhook-request-origin': ORIGIN})},
             MANIFEST_TIMEOUT_MS)
    return later


def is_passed(answer):
    """What an answer counts as (REG-047)."""
    if 'status' not in answer:
        return answer.get('verdict') == 'ack'
    if not 200 <= answer['status'] <= 299:
        return False
    try:
        told = read_bytes(answer.get('body', '').encode('utf-8', 'surrogatepass')[:LONGEST_DOCUMENT])
    except Malformed:
        return True
    status = told.get('status') if isinstance(told, dict) else None
    return not (isinstance(status, str) and status.lower() in ('fail', 'error', 'down'))


def checked(gw, instance, passed):
    """Counts a check (REG-026, REG-048, REG-050)."""
    from registry import renew
    if passed:
        instance.failed_checks = 0
        instance.passed_checks += 1
        renew(gw, instance, 'health')
        if not instance.healthy and instance.passed_checks >= 2:
            instance.healthy, instance.charges = True, 0
            trace(gw, 'healthy', service=instance.service, instance=instance.name, reason='checks')
        return
    instance.passed_checks = 0
    instance.failed_checks += 1
    if instance.healthy and instance.failed_checks >= 3:
        lose_health(gw, instance, 'checks')


def lose_health(gw, instance, reason):
    instance.healthy, instance.passed_checks = False, 0
    trace(gw, 'unhealthy', service=instance.service, instance=instance.name, reason=reason)


def charge(gw, instance, judged):
    """Counts a verdict against the health of an instance (REG-049, RET-039)."""
    if judged.verdict != 'nak':
        instance.charges = 0
    elif judged.charged:
        instance.charges += 1
        if instance.healthy and instance.charges >= 3 and not instance.gone:
            lose_health(gw, instance, 'verdicts')


def closing():
    return Refusal('closing', 'the gateway is closing', retry_after_ms=1000)


def discover(gw, url, done):
    """Fetches a manifest and registers its service; `done(instance or Refusal)` hears of it (REG-013)."""
    from registration import is_endpoint
    from registry import admit
    if not isinstance(url, str) or len(url) > 2048 or not is_endpoint(url):
        raise Refusal('argument-invalid', 'no URL of a service', field='url')
    gw.guard.check(url)
    if gw.closing:
        raise closing()

    def tell(found):
        if not isinstance(found, Refusal):
            found.token = None
        done(found)

    def fetched(answer):
        try:
            if gw.closing:
                raise closing()
            if 'status' not in answer or not 200 <= answer['status'] <= 299:
                raise Refusal('discovery-failed', 'no manifest came', retry_after_ms=1000)
            try:
                told = read_bytes(answer.get('body', '').encode('utf-8', 'surrogatepass')[:LONGEST_DOCUMENT])
            except Malformed:
                raise Refusal('discovery-failed', 'the manifest is not JSON', retry_after_ms=1000) from None
            if not isinstance(told, dict):
                raise Refusal('discovery-failed', 'the manifest is no object', retry_after_ms=1000)
            by_url = 'url-' + hashlib.sha256(url.encode()).hexdigest()[:24]
            found = admit(gw, {**told, 'endpoint': url}, by_url)
            (found.then(tell) if isinstance(found, Later) else tell(found))
        except Refusal as refusal:
            done(refusal)
    call_out(gw, 'manifest', fetched, {'request': request_to('GET', url, {'accept': 'application/json'})},
             MANIFEST_TIMEOUT_MS)

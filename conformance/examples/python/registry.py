"""Services, instances and their leases (REG-001 to REG-037, REG-056)."""
import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Optional

from asking import close_all
from gateway import OWN_SOURCE, trace
from later import after
from pattern import matches
from refusal import Refusal, fault
from registration import invalid, registration_of
from schedule import LEASE, forget, wake

KEPT_MS = 604800000
MAX_SERVICES, MAX_INSTANCES, MAX_ALL = 10000, 1000, 100000


@dataclass(eq=False, repr=False)
class Instance:
    """One running copy of a service."""
    service: str
    name: str
    version: str
    endpoint: Optional[str]
    health_path: str
    lease: str
    lease_ms: int
    lease_end_ms: int
    registered_ms: int
    state: str = 'live'
    gone: bool = False
    lease_timer: Any = None
    check_timer: Any = None
    checking: bool = False
    healthy: bool = True
    failed_checks: int = 0
    passed_checks: int = 0
    charges: int = 0
    fails: int = 0
    open_until: Optional[int] = None
    probe_until: Optional[int] = None
    in_flight: int = 0
    token: Optional[str] = None
    rate: Optional[int] = None
    sent: deque = field(default_factory=deque)
    given_at: int = 0

    @property
    def pulls(self):
        """It asks, and is never called (PULL-003)."""
        return self.endpoint is None


@dataclass(eq=False, repr=False)
class Service:
    """A name, its subscriptions and its instances."""
    name: str
    registered_ms: int
    number: int = 0
    version: str = ''
    subscriptions: list = field(default_factory=list)
    ephemeral: bool = False
    receipts: bool = False
    max_in_flight: int = 64
    instances: dict = field(default_factory=dict)
    end_ms: Optional[int] = None
    end_timer: Any = None
    pulls: bool = False
    askers: list = field(default_factory=list)


def receivers_of(gw, kind):
    """Services with a subscription that matches, in the order of registration (BUS-019, BUS-020)."""
    return [name for name, service in gw.services.items()
            if any(matches(each, kind) for each in service.subscriptions)]


def admit(gw, data, given_instance=None):
    """Registers an instance that may be called; outside open mode it consents first, so Later (SEC-054, SEC-065)."""
    import health
    told = registration_of(data)
    if told['delivery'] == 'pull':
        return register(gw, data, given_instance)
    if gw.access:
        gw.access.secret_of(told['name'])
    gw.guard.check(told['endpoint'])
    if gw.access is None:
        return register(gw, data, given_instance)
    return after(health.handshake(gw, told['endpoint']), lambda rate: register(gw, data, given_instance, rate))


def register(gw, data, given_instance=None, rate=None):
    """Registers one instance; the Instance (REG-001 to REG-012)."""
    import bus_end
    import deliver
    import health
    told = registration_of(data)
    service = gw.services.get(told['name'])
    name = told['instance'] or given_instance
    pulls = told['delivery'] == 'pull'
    judge_delivery(service, name, pulls)
    if name is None:
        name = gw.token()[:22]
        while service and name in service.instances:
            name = gw.token()[:22]
    old = service.instances.get(name) if service else None
    if not old:
        full = len(gw.services) >= MAX_SERVICES if not service else len(service.instances) >= MAX_INSTANCES
        if full or gw.instances >= MAX_ALL:
            raise Refusal('registry-full', 'the registry holds as many entries as it may', retry_after_ms=1000)
    if not service:
        gw.made += 1
        service = gw.services[told['name']] = Service(told['name'], gw.now, gw.made)
    forget(service.end_timer)
    service.end_ms = None
    service.version, service.subscriptions = told['version'], list(told['subscriptions'])
    service.ephemeral, service.receipts = told['ephemeral'], told['receipts']
    service.max_in_flight = told['maxInFlight'] or gw.max_in_flight
    service.pulls = pulls
    token = 'lse_' + gw.token()
    made = Instance(service.name, name, told['version'], told.get('endpoint'), told['health'], digest(token),
                    int(told['leaseMs']), gw.now + int(told['leaseMs']), gw.now, token=token, rate=rate)
    if old:
        drop(gw, old)
    put(gw, service, made)
    deliver.mark_ready(gw, bus_end.target_of(gw, service.name))
    store(gw, service, made)
    trace(gw, 'registered', service=service.name, instance=name, reason='replaced' if old else 'new')
    health.plan_check(gw, made)
    return made


def judge_delivery(service, name, pulls):
    """All instances of a service are called, or all of them ask (PULL-002)."""
    if service and any(each.pulls != pulls for each in service.instances.values() if each.name != name):
        raise invalid([fault('delivery', 'conflict', 'not that of the other instances')])


def digest(token):
    """What is kept of a lease token."""
    return hashlib.sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()


def put(gw, service, instance):
    """Takes an instance into every index."""
    gw.instances += 1
    service.instances[instance.name] = instance
    gw.leases[instance.lease] = instance
    instance.lease_timer = wake(gw.schedule, instance.lease_end_ms, LEASE, lease_ended, gw, instance)


def instance_key(instance):
    return 'i/%s/%s' % (instance.service, instance.name)


def store(gw, service, instance=None):
    """Keeps a service, and one of its instances, over a restart (REG-036)."""
    if gw.store is None:
        return
    changes = {}
    if instance:
        changes[instance_key(instance)] = {
            'version': instance.version, 'endpoint': instance.endpoint, 'health': instance.health_path,
            'lease': instance.lease, 'rate': instance.rate, 'leaseMs': instance.lease_ms,
            'registeredMs': instance.registered_ms}
    changes['s/' + service.name] = {
        'number': service.number, 'registeredMs': service.registered_ms, 'version': service.version,
        'subscriptions': service.subscriptions, 'ephemeral': service.ephemeral, 'receipts': service.receipts,
        'maxInFlight': service.max_in_flight, 'endMs': service.end_ms, 'pulls': service.pulls}
    gw.store.write(changes, is_flushed=False)


def drop(gw, instance):
    """Takes an instance out of every index."""
    instance.gone = True
    gw.instances -= 1
    gw.leases.pop(instance.lease, None)
    forget(instance.lease_timer)
    forget(instance.check_timer)
    service = gw.services[instance.service]
    service.instances.pop(instance.name, None)
    close_all([each for each in service.askers if each.instance is instance], 'lease-unknown')
    if gw.store:
        gw.store.write({instance_key(instance): None}, is_flushed=False)


def renew(gw, instance, reason, is_told=True):
    """A new lease from now; a suspect instance is live again (REG-024 to REG-027). Of a stream it is not told again."""
    if instance.gone:
        return
    was_suspect = instance.state == 'suspect'
    instance.state = 'live'
    instance.lease_end_ms = gw.now + instance.lease_ms
    forget(instance.lease_timer)
    instance.lease_timer = wake(gw.schedule, instance.lease_end_ms, LEASE, lease_ended, gw, instance)
    if was_suspect or reason == 'request' and is_told:
        trace(gw, 'renewed', service=instance.service, instance=instance.name, reason=reason)


def lease_ended(gw, instance):
    """Live becomes suspect, suspect is removed one lease later (REG-022, REG-023, REG-057)."""
    if instance.state == 'live':
        instance.state = 'suspect'
        instance.lease_timer = wake(gw.schedule, gw.now + instance.lease_ms, LEASE, lease_ended, gw, instance)
        trace(gw, 'suspect', service=instance.service, instance=instance.name, reason='lease-ended')
    else:
        remove(gw, instance, 'removed', 'lease-ended')


def remove(gw, instance, kind, reason):
    """Removes an instance; what only it could have been given ends (BUS-045), as may its service (REG-032)."""
    import bus_end
    import deliver
    if instance.gone:
        return False
    drop(gw, instance)
    trace(gw, kind, service=instance.service, instance=instance.name, reason=reason)
    service = gw.services[instance.service]
    gone = not service.instances and service.ephemeral
    if gone:
        end_service(gw, service, 'ephemeral')
    else:
        if not service.instances:
            service.end_ms = gw.now + KEPT_MS
            service.end_timer = wake(gw.schedule, service.end_ms, LEASE, end_service, gw, service, 'expired')
            store(gw, service)
        bus_end.end_all(gw, lambda one: (one.receiver, one.message.target_instance) == (service.name, instance.name),
                        'instance-gone')
        # A receipt that waited for it is for others now (BUS-070).
        deliver.mark_ready(gw, bus_end.target_of(gw, service.name))
    return gone


def end_service(gw, service, reason):
    """Ends a service with its instances and its deliveries (REG-034, REG-035, BUS-044)."""
    import bus_end
    forget(service.end_timer)
    for instance in list(service.instances.values()):
        drop(gw, instance)
        trace(gw, 'removed', service=service.name, instance=instance.name, reason='service-gone')
    del gw.services[service.name]
    if gw.store:
        gw.store.write({'s/' + service.name: None}, is_flushed=False)
    trace(gw, 'service-gone', service=service.name, reason=reason)
    bus_end.end_all(gw, lambda one: one.receiver == service.name, 'receiver-gone')


def holder_of(gw, lease):
    """The instance that holds a lease token, or lease-unknown (REG-029)."""
    instance = gw.leases.get(digest(lease)) if isinstance(lease, str) else None
    if instance is None:
        raise Refusal('lease-unknown', 'no instance holds that lease', field='lease')
    return instance


def answer_registry(gw, given):
    """The answering envelope to service.register, .renew or .deregister (HTTP-034 to HTTP-036)."""
    kind, data = given['type'], given.get('data')
    if kind == 'service.register':
        return after(admit(gw, data), lambda made: registered(given, made))
    if kind not in ('service.renew', 'service.deregister'):
        raise Refusal('argument-invalid', 'not a type of the registry', field='type')
    instance = holder_of(gw, data.get('lease') if isinstance(data, dict) else None)
    if kind == 'service.renew':
        renew(gw, instance, 'request')
        return reply(given, 'service.renewed', {'name': instance.service, 'instance': instance.name, **terms(instance)})
    told = {'name': instance.service, 'instance': instance.name}
    service = gw.services[instance.service]
    if data.get('service') is True:
        drop(gw, instance)
        trace(gw, 'deregistered', service=instance.service, instance=instance.name, reason='request')
        end_service(gw, service, 'deregistered')
        gone = True
    else:
        gone = remove(gw, instance, 'deregistered', 'request')
    return reply(given, 'service.deregistered', {**told, 'serviceGone': gone})


def registered(given, made):
    told = {'name': made.service, 'instance': made.name, 'lease': made.token, **terms(made)}
    made.token = None
    return reply(given, 'service.registered', told)


def terms(instance):
    """Lease and renewal (REG-011)."""
    return {'leaseMs': instance.lease_ms, 'renewEveryMs': instance.lease_ms // 3}


def reply(given, kind, data):
    return {'specversion': '1.0', 'id': (given['id'] + '-answer')[-256:], 'source': OWN_SOURCE, 'type': kind,
            'causationid': given['id'], 'data': data}


def listed(gw, service):
    """A service as it is listed; no lease token (REG-008, HTTP-038)."""
    told = {'name': service.name, 'version': service.version, 'subscriptions': service.subscriptions,
            'ephemeral': service.ephemeral, 'receipts': service.receipts, 'maxInFlight': service.max_in_flight,
            'registeredMs': service.registered_ms,
            'instances': [listed_instance(gw, each) for each in service.instances.values()]}
    if service.pulls:
        told['delivery'] = 'pull'
    if service.end_ms is not None:
        told['endMs'] = service.end_ms
    return told


def listed_instance(gw, one):
    """An instance as it is listed; one that pulls has no endpoint."""
    where = {} if one.pulls else {'endpoint': one.endpoint}
    return {'instance': one.name, 'version': one.version, **where, 'state': one.state,
            'healthy': one.healthy, 'breaker': 'closed' if one.open_until is None else 'open',
            'inFlight': one.in_flight, 'leaseMs': one.lease_ms, 'leaseEndMs': one.lease_end_ms,
            'registeredMs': one.registered_ms}

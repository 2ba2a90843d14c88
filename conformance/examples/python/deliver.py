"""Dispatch, attempts and what follows a verdict (PRI-013 to PRI-019, RET-001 to RET-006, RET-041 to RET-050)."""
import bus_end
import durable
import health
import queue_round
import registry
from asking import close_all, next_up
from bus_state import step
from choice import begin, choose, finish
from delay import delay
from envelope import write
from gateway import call_out, trace, watch
from later import Later
from schedule import DUE, forget, wake
from sign import sign
from verdict import Judged, judge_answer


def mark_ready(gw, target):
    """Puts a target in the ring of those that may be dispatched."""
    if not target.is_ready:
        target.is_ready = True
        gw.ready.append(target)


def dispatch(gw):
    """Starts whatever may start, one delivery of each target in turn (PRI-016, PRI-017)."""
    while gw.ready and not gw.closing:
        target = gw.ready.popleft()
        target.is_ready = False
        if dispatch_one(gw, target):
            mark_ready(gw, target)
    while gw.fed:
        gw.fed.pop(0).finish()


def drain(gw, deadline_ms=10000):
    """Closes the bus: Later (BUS-102 to BUS-105)."""
    gw.closing, later = True, Later()
    close_all([each for service in gw.services.values() for each in service.askers])

    def is_over():
        return not any(target.running for target in gw.targets.values()) and (gw.store is None or gw.store.is_idle)

    def closed(_):
        for each in list(gw.watchers):
            gw.watchers.remove(each)
            forget(each[2])
            each[1](False)
        if gw.store:
            durable.store_all(gw, lambda ok: later.tell({}))
        else:
            later.tell({})
    if is_over():
        closed(True)
    else:
        watch(gw, is_over, closed, deadline_ms)
    return later


def dispatch_one(gw, target):
    """One dispatch of a target; whether it may have another."""
    service = gw.services.get(target.name)
    priority = queue_round.turn_of(target)
    if service is None or priority is None or target.running >= service.max_in_flight:
        return False
    if service.pulls:
        return hand_one(gw, target, service)
    head = target.queues[priority][0]
    instance, try_ms = choose(gw, candidates(service, head), head.failed_on, True)
    if try_ms is not None:
        target.queues[priority].popleft()
        is_rate = choose(gw, candidates(service, head))[0] is not None
        defer(gw, head, try_ms, 'rate-granted' if is_rate else 'breaker-open')
        return True
    delivery = queue_round.take(target, priority)
    start(gw, target, delivery, instance)
    return True


def hand_one(gw, target, service):
    """One dispatch to who asks; without them nothing is attempted (PULL-003, PULL-006)."""
    import ticket
    found = next_up(gw, target, service)
    if found:
        ticket.hand_out(gw, target, *found)
    return found is not None


def candidates(service, delivery):
    """The instances that a delivery may go to (BUS-023, BUS-026, BUS-070)."""
    message = delivery.message
    only = message.target_instance or (message.prefers if message.prefers in service.instances else None)
    if only is None:
        return service.instances.values()
    return [service.instances[only]] if only in service.instances else []


def defer(gw, delivery, at_ms, reason):
    """Held back at no charge (RET-004)."""
    delivery.state, delivery.next_ms = 'deferred', at_ms
    delivery.due_timer = wake(gw.schedule, at_ms, DUE, due, gw, delivery)
    trace(gw, 'deferred', **step(delivery), reason=reason, delayMs=at_ms - gw.now)


def count(gw, target, delivery, instance):
    """An attempt is charged and holds a slot (RET-001)."""
    delivery.attempts += 1
    delivery.state, delivery.instance = 'in-flight', instance
    target.running += 1
    trace(gw, 'attempt' if delivery.attempts == 1 else 'retry', **step(delivery), attempt=delivery.attempts,
          instance=instance.name if instance else None)


def start(gw, target, delivery, instance):
    """Begins an attempt (RET-002)."""
    count(gw, target, delivery, instance)
    timeout = gw.policies[delivery.priority]['attemptTimeoutMs']
    if instance is None:
        settled(gw, target, delivery, Judged('nak', 'no-instance'), False)
        return
    delivery.is_probe = begin(gw, instance, gw.now + timeout)
    if gw.access and not health.may_call(gw, instance.endpoint):
        settled(gw, target, delivery, Judged('nak', 'endpoint-refused'), False)
        return
    call_out(gw, 'delivery', lambda answer: answered(gw, target, delivery, answer), {
        'receiver': delivery.receiver, 'instance': instance.name, 'run': delivery.run, 'attempt': delivery.attempts,
        'deliveryId': delivery.id, 'envelope': delivery.message.envelope,
        'request': request_of(gw, delivery, instance, timeout)}, timeout,
        lambda call: extend(gw, delivery, call, timeout))


def request_of(gw, delivery, instance, timeout):
    """The POST of a delivery (HTTP-058 to HTTP-061, SEC-016 to SEC-018)."""
    headers, body = write(delivery.message.envelope, 'structured')
    headers.update({'bellhop-delivery': delivery.id, 'bellhop-attempt': str(delivery.attempts),
                    'bellhop-deadline-ms': str(timeout)})
    if gw.access:
        stamp = gw.now // 1000
        headers.update({'webhook-id': delivery.id, 'webhook-timestamp': str(stamp), 'webhook-signature': sign(
            gw.access.secret_of(delivery.receiver), delivery.id, stamp, body)})
    return {'method': 'POST', 'url': instance.endpoint, 'headers': headers, 'body': body.decode('utf-8')}


def extend(gw, delivery, call, timeout):
    """The signal `working` gives lease and attempt their first length anew (BUS-036)."""
    what, args = call.timer[3], call.timer[4]
    forget(call.timer)
    call.timer = wake(gw.schedule, gw.now + timeout, 3, what, *args)
    if delivery.is_probe:
        delivery.instance.probe_until = gw.now + timeout


def judged_of(gw, answer):
    """The verdict on an answer of the control plane; whether anybody answered."""
    if 'status' in answer:
        return judge_answer(answer['status'], answer.get('headers', {}), gw.now), True
    if 'fault' in answer:
        return Judged('nak', answer['fault']), False
    verdict = answer['verdict']
    return Judged(verdict, None if verdict == 'ack' else verdict,
                  answer.get('delayMs') if verdict == 'nak' else None), True


def answered(gw, target, delivery, answer):
    judged, is_answer = judged_of(gw, answer)
    settled(gw, target, delivery, judged, is_answer)


def settled(gw, target, delivery, judged, is_answer):
    """An attempt came to its verdict."""
    instance = delivery.instance
    name = instance.name if instance else None
    target.running -= 1
    members = {**step(delivery), 'attempt': delivery.attempts, 'instance': name}
    if judged.verdict == 'ack':
        trace(gw, 'delivered', **members)
    else:
        delivery.last_error, delivery.failed_on = judged.reason, name
        record = {'attempt': delivery.attempts, 'atMs': gw.now, 'instance': name, 'reason': judged.reason}
        delivery.history.append({key: value for key, value in record.items() if value is not None})
        if len(delivery.history) > 14:
            del delivery.history[2]
        trace(gw, 'failed', **members, reason=judged.reason)
    if instance:
        about_instance(gw, delivery, instance, judged, is_answer)
    delivery.instance, delivery.is_probe = None, False
    mark_ready(gw, target)
    if judged.verdict == 'ack':
        bus_end.end(gw, delivery, 'delivered')
    elif delivery.marked:
        bus_end.end(gw, delivery, delivery.marked)
    elif judged.verdict == 'term':
        bus_end.end(gw, delivery, 'rejected', judged.reason)
    else:
        again(gw, target, delivery, judged)


def about_instance(gw, delivery, instance, judged, is_answer):
    """What a verdict says of the instance (REG-027, REG-049, RET-038, RET-061 to RET-065)."""
    was_probe = delivery.is_probe
    if instance.pulls:
        instance.in_flight -= 1
        if is_answer:
            registry.renew(gw, instance, 'verdict')
        return
    finish(gw, instance, was_probe, judged.verdict != 'nak')
    if is_answer and not judged.removed:
        registry.renew(gw, instance, 'verdict')
    health.charge(gw, instance, judged)
    if judged.removed and not instance.gone:
        registry.remove(gw, instance, 'removed', 'endpoint-gone')
    if was_probe:
        undefer(gw, delivery.receiver)


def undefer(gw, receiver):
    """A probe has ended: who was held back looks again."""
    for each in list(gw.targets[receiver].deliveries.values()):
        if each.state == 'deferred':
            due(gw, each)


def again(gw, target, delivery, judged):
    """The next retry, or the end of the budget (RET-003, RET-016, RET-046)."""
    policy = gw.policies[delivery.priority]
    if policy['retries'] != 'unlimited' and delivery.attempts > policy['retries']:
        bus_end.end(gw, delivery, 'exhausted', judged.reason)
        return
    if bus_end.is_elapsed(gw, delivery):
        bus_end.end(gw, delivery, 'exhausted', 'max-elapsed')
        return
    wait, _ = delay(policy, delivery.attempts, gw.draw, judged.asked_ms)
    if wait == 0:
        queue_round.join(target, delivery)
        return
    delivery.next_ms, delivery.wait_ms = gw.now + wait, wait
    if not delivery.message.is_durable:
        hold_off(gw, delivery)
        return
    delivery.state = 'storing'

    def stored(ok):
        if ok and delivery.state == 'storing':
            trace(gw, 'stored', **step(delivery), attempt=delivery.attempts)
            hold_off(gw, delivery)
    durable.store_state(gw, delivery, stored)


def hold_off(gw, delivery):
    """A wait begins (RET-051)."""
    delivery.state = 'waiting'
    delivery.due_timer = wake(gw.schedule, delivery.next_ms, DUE, due, gw, delivery)
    trace(gw, 'waiting', **step(delivery), attempt=delivery.attempts, delayMs=delivery.wait_ms)
    if delivery.next_ms <= gw.now:
        due(gw, delivery)


def due(gw, delivery):
    """A wait, a deferral or a delay is over (PRI-019, BUS-116)."""
    target = gw.targets[delivery.receiver]
    forget(delivery.due_timer)
    delivery.next_ms = None
    if delivery.state == 'delayed':
        queue_round.enter(target, delivery)
    else:
        queue_round.join(target, delivery)
    mark_ready(gw, target)

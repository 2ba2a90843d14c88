"""Outcomes, receipts and what is remembered (BUS-028 to BUS-046, BUS-052 to BUS-054, BUS-064 to BUS-075)."""
import durable
import queue_round
from bus_state import Delivery, Message, Target, about, hashed, step
from envelope import fingerprint
from gateway import OWN_SOURCE, trace
from grammar import write_time
from later import Later
from letters import keep_letter
from refusal import Refusal
from schedule import DUE, ELAPSED, EXPIRY, forget, wake

RECEIPT_LIFE_MS = 86400000
MAX_DELIVERIES = 1000000
MAX_REMEMBERED = 1000000


def target_of(gw, name):
    return gw.targets.setdefault(name, Target(name))


def is_elapsed(gw, delivery):
    most = gw.policies[delivery.priority]['maxElapsedMs']
    return most is not None and delivery.priority != 'CRITICAL' and gw.now >= delivery.start_ms + most


def new_delivery(gw, message, receiver, run, start_ms):
    gw.made += 1
    delivery = Delivery(message, receiver, run, gw.made, start_ms)
    message.deliveries.append(delivery)
    message.open += 1
    if message.expiry_ms is not None and message.expiry_timer is None:
        message.expiry_timer = wake(gw.schedule, message.expiry_ms, EXPIRY, expired, gw, message)
    return delivery


def enlist(gw, message, receiver, run, start_ms):
    """A new delivery that is counted, and not in any line yet."""
    delivery = new_delivery(gw, message, receiver, run, start_ms)
    gw.unfinished += 1
    queue_round.add(target_of(gw, receiver), delivery)
    if message.is_durable:
        delivery.state = 'flushing'
    return delivery


def begin(gw, delivery):
    """Into its lane and queue, or kept for later (BUS-116, RET-016)."""
    import deliver
    target = target_of(gw, delivery.receiver)
    most = gw.policies[delivery.priority]['maxElapsedMs']
    if most is not None and delivery.priority != 'CRITICAL':
        delivery.elapsed_timer = wake(gw.schedule, delivery.start_ms + most, ELAPSED, elapsed, gw, delivery)
    if delivery.start_ms > gw.now:
        delivery.state, delivery.next_ms = 'delayed', delivery.start_ms
        delivery.due_timer = wake(gw.schedule, delivery.start_ms, DUE, deliver.due, gw, delivery)
    else:
        queue_round.enter(target, delivery)
        deliver.mark_ready(gw, target)
    if delivery.marked:
        end(gw, delivery, delivery.marked)


def take_back(gw, delivery):
    """A delivery whose record was not flushed is none (BUS-002)."""
    queue_round.drop(target_of(gw, delivery.receiver), delivery)
    delivery.state = 'refused'
    gw.unfinished -= 1
    delivery.message.open -= 1
    delivery.message.deliveries.remove(delivery)


def elapsed(gw, delivery):
    if delivery.state not in ('ended', 'in-flight'):
        end(gw, delivery, 'exhausted', 'max-elapsed')


def expired(gw, message):
    """The instant of expirytime (BUS-038, BUS-041)."""
    for delivery in list(message.deliveries):
        end_or_mark(gw, delivery, 'expired')


def end_or_mark(gw, delivery, outcome):
    """Ends a delivery, or marks it while it is on the wire or on its way to the disk (BUS-041)."""
    if delivery.state in ('in-flight', 'flushing'):
        delivery.marked = delivery.marked or outcome
    elif delivery.state not in ('settling', 'ended'):
        end(gw, delivery, outcome)


def end_all(gw, fits, outcome):
    """Ends or marks every unfinished delivery that fits (BUS-044, BUS-045)."""
    for target in list(gw.targets.values()):
        for delivery in list(target.deliveries.values()):
            if fits(delivery):
                end_or_mark(gw, delivery, outcome)


def end(gw, delivery, outcome, reason=None):
    """The one outcome of a run; of a CRITICAL it is flushed first, with dead letter and receipt (BUS-073, BUS-082)."""
    queue_round.unqueue(target_of(gw, delivery.receiver), delivery)
    forget(delivery.due_timer)
    forget(delivery.elapsed_timer)
    delivery.next_ms = None
    is_letter = outcome != 'delivered'
    if is_letter:
        reason = reason or ('queue-full' if outcome == 'evicted' else outcome)
    gw.made += is_letter
    delivery.end = {'outcome': outcome, 'reason': reason, 'endedMs': gw.now, 'letter': gw.made if is_letter else None,
                    'receipt': None}
    if not delivery.message.is_durable:
        ended(gw, delivery)
        return
    delivery.state = 'settling'
    receipt, beside = make_receipt(gw, delivery), {}
    if receipt:
        gw.made += 1
        receipt.number, receipt.principal = gw.made, OWN_SOURCE
        record = durable.message_record(receipt, [receipt.envelope['target']], gw.now)
        receipt.size = durable.size_of(record)
        delivery.end['receipt'] = record
        beside = {durable.message_key(receipt): record}
    gw.store.write({durable.delivery_key(delivery): durable.delivery_record(delivery), **beside},
                   lambda ok: ok and ended(gw, delivery, receipt))


def ended(gw, delivery, receipt=None):
    """A delivery has its outcome (BUS-029, BUS-064, BUS-076)."""
    import deliver
    target, message = target_of(gw, delivery.receiver), delivery.message
    queue_round.leave(target, delivery)
    deliver.mark_ready(gw, target)
    if target.deliveries.get(delivery.number) is delivery:
        gw.unfinished -= 1
    queue_round.drop(target, delivery)
    outcome, reason = delivery.end['outcome'], delivery.end['reason']
    delivery.state, delivery.outcome = 'ended', outcome
    if delivery.end['letter']:
        trace(gw, 'dead-letter', **step(delivery), attempt=delivery.attempts, outcome=outcome, reason=reason)
        keep_letter(gw, delivery)
    if not message.is_durable:
        receipt = make_receipt(gw, delivery)
    if receipt:
        trace(gw, 'receipt', **about(message), receiver=receipt.envelope['target'], outcome=outcome, run=delivery.run,
              attempt=delivery.attempts)
    trace(gw, 'ended', **step(delivery), attempt=delivery.attempts, outcome=outcome,
          reason=None if outcome == 'delivered' else reason)
    message.open -= 1
    if message.open == 0:
        rest(gw, message)
    if receipt:
        send_receipt(gw, receipt)


def rest(gw, message):
    """Every delivery has ended: the horizon begins (BUS-052 to BUS-054)."""
    forget(message.expiry_timer)
    message.expiry_timer = None
    remember(gw, message, gw.now)
    if message.is_durable:
        durable.charge_message(gw, message, False)
        durable.tidy(gw, message)
    sweep(gw)


def remember(gw, message, ended_ms):
    kept = gw.remembered_durable if message.is_durable else gw.remembered
    message.forget_ms = ended_ms + (durable.HORIZON_MS if message.is_durable else gw.horizon_ms)
    kept.pop(id(message), None)
    kept[id(message)] = message


def sweep(gw):
    """Forgets what is past its horizon, and the oldest beyond the bound."""
    for kept in (gw.remembered, gw.remembered_durable):
        while kept:
            key, oldest = next(iter(kept.items()))
            is_over = oldest.forget_ms <= gw.now
            if not is_over and (kept is gw.remembered_durable or len(kept) <= MAX_REMEMBERED):
                break
            del kept[key]
            if oldest.open:
                continue
            if gw.messages.get(oldest.key) is oldest:
                del gw.messages[oldest.key]
            durable.tidy(gw, oldest)


def find(gw, source, key_id):
    """A known message, or message-unknown (BUS-060, HTTP-029)."""
    sweep(gw)
    message = gw.messages.get((source, key_id))
    if message is None:
        raise Refusal('message-unknown', 'no message with that source and id is known')
    return message


def cancel(gw, source, key_id):
    """Cancels a message, or Later for a CRITICAL (BUS-040 to BUS-043, BUS-110)."""
    message = find(gw, source, key_id)
    if message.open == 0:
        raise Refusal('message-ended', 'every delivery has ended')
    refusal = Refusal('not-durable', 'the cancellation could not be flushed', retry_after_ms=1000)
    if message.is_durable and gw.store.failed:
        raise refusal
    for delivery in list(message.deliveries):
        end_or_mark(gw, delivery, 'cancelled')
    if not message.is_durable:
        return message
    later = Later()
    gw.store.write({durable.delivery_key(each): durable.delivery_record(each) for each in message.deliveries
                    if each.state in ('in-flight', 'flushing')}, lambda ok: later.tell(message if ok else refusal))
    return later


def make_receipt(gw, delivery):
    """The receipt of an outcome, if the publisher's service takes them (BUS-064 to BUS-072)."""
    message = delivery.message
    if message.is_receipt or message.publisher is None:
        return None
    name, instance = message.publisher
    service = gw.services.get(name)
    if service is None or not service.receipts or gw.unfinished >= MAX_DELIVERIES:
        return None
    outcome = delivery.end['outcome']
    reason = delivery.last_error if outcome == 'delivered' else delivery.end['reason']
    data = {'source': message.key[0], 'id': message.key[1], 'type': message.kind, 'receiver': delivery.receiver,
            'run': delivery.run, 'outcome': outcome, 'attempts': delivery.attempts}
    if reason is not None:
        data['reason'] = reason
    told = {'specversion': '1.0', 'id': 'rcpt_' + hashed(*message.key, delivery.receiver, delivery.run),
            'source': OWN_SOURCE, 'type': 'message.delivered' if outcome == 'delivered' else 'message.failed',
            'time': write_time(gw.now), 'target': name, 'priority': message.priority,
            'expirytime': write_time(gw.now + RECEIPT_LIFE_MS), 'causationid': message.key[1],
            'datacontenttype': 'application/json', 'data': data}
    if 'correlationid' in message.envelope:
        told['correlationid'] = message.envelope['correlationid']
    return Message(told, (OWN_SOURCE, told['id']), told['type'], message.priority, gw.now, fingerprint(told),
                   gw.now + RECEIPT_LIFE_MS, is_receipt=True, prefers=instance)


def send_receipt(gw, receipt):
    """Queues a receipt, however full its target is (BUS-074)."""
    gw.messages[receipt.key] = receipt
    if receipt.is_durable:
        durable.charge_message(gw, receipt, True)
    trace(gw, 'accepted', **about(receipt))
    name = receipt.envelope['target']
    delivery = enlist(gw, receipt, name, 1, gw.now)
    if name not in gw.services:
        delivery.marked = 'receiver-gone'
    begin(gw, delivery)


def queue_full(gw, receiver):
    return Refusal('queue-full', '%s has %d unfinished deliveries' % (receiver, gw.targets[receiver].counted),
                   retry_after_ms=1000)

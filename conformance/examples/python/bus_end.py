"""Outcomes, receipts, dead letters, redrive (BUS-028 to BUS-046, BUS-064 to BUS-092)."""
import queue_round
from bus_state import Delivery, Message, Target, about, hashed, step
from envelope import fingerprint
from gateway import OWN_SOURCE, trace
from grammar import write_time
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


def begin_run(gw, message, receiver, run, start_ms):
    """A new delivery, in its lane and queue or kept for later (BUS-116, RET-016)."""
    import deliver
    target = target_of(gw, receiver)
    delivery = new_delivery(gw, message, receiver, run, start_ms)
    gw.unfinished += 1
    queue_round.add(target, delivery)
    most = gw.policies[message.priority]['maxElapsedMs']
    if most is not None and message.priority != 'CRITICAL':
        delivery.elapsed_timer = wake(gw.schedule, start_ms + most, ELAPSED, elapsed, gw, delivery)
    if start_ms > gw.now:
        delivery.state, delivery.next_ms = 'delayed', start_ms
        delivery.due_timer = wake(gw.schedule, start_ms, DUE, deliver.due, gw, delivery)
    else:
        queue_round.enter(target, delivery)
        deliver.mark_ready(gw, target)
    return delivery


def new_delivery(gw, message, receiver, run, start_ms):
    gw.made += 1
    delivery = Delivery(message, receiver, run, gw.made, start_ms, gw.now)
    message.deliveries.append(delivery)
    message.open += 1
    if message.expiry_ms is not None and message.expiry_timer is None:
        message.expiry_timer = wake(gw.schedule, message.expiry_ms, EXPIRY, expired, gw, message)
    return delivery


def elapsed(gw, delivery):
    if delivery.state not in ('ended', 'in-flight'):
        end(gw, delivery, 'exhausted', 'max-elapsed')


def expired(gw, message):
    """The instant of expirytime (BUS-038, BUS-041)."""
    for delivery in list(message.deliveries):
        end_or_mark(gw, delivery, 'expired')


def end_or_mark(gw, delivery, outcome):
    """Ends a delivery, or marks it while it is on the wire (BUS-041)."""
    if delivery.state == 'in-flight':
        delivery.marked = delivery.marked or outcome
    elif delivery.state != 'ended':
        end(gw, delivery, outcome)


def end_all(gw, fits, outcome):
    """Ends or marks every unfinished delivery that fits (BUS-044, BUS-045)."""
    for target in list(gw.targets.values()):
        for delivery in list(target.deliveries.values()):
            if fits(delivery):
                end_or_mark(gw, delivery, outcome)


def end(gw, delivery, outcome, reason=None):
    """The one outcome of a run, with dead letter and receipt (BUS-029, BUS-064, BUS-076)."""
    import deliver
    target = target_of(gw, delivery.receiver)
    message = delivery.message
    queue_round.leave(target, delivery)
    deliver.mark_ready(gw, target)
    if target.deliveries.get(delivery.number) is delivery:
        gw.unfinished -= 1
    queue_round.drop(target, delivery)
    forget(delivery.due_timer)
    forget(delivery.elapsed_timer)
    delivery.state, delivery.outcome, delivery.next_ms = 'ended', outcome, None
    if outcome != 'delivered':
        reason = reason or ('queue-full' if outcome == 'evicted' else outcome)
        trace(gw, 'dead-letter', **step(delivery), attempt=delivery.attempts, outcome=outcome, reason=reason)
        keep_letter(gw, delivery, reason)
    receipt = make_receipt(gw, delivery, outcome, delivery.last_error if outcome == 'delivered' else reason)
    trace(gw, 'ended', **step(delivery), attempt=delivery.attempts, outcome=outcome,
          reason=None if outcome == 'delivered' else reason)
    message.open -= 1
    if message.open == 0:
        rest(gw, message)
    if receipt:
        send_receipt(gw, receipt, delivery.receiver)


def rest(gw, message):
    """Every delivery has ended: the horizon begins (BUS-053, BUS-054)."""
    forget(message.expiry_timer)
    message.expiry_timer = None
    message.forget_ms = gw.now + gw.horizon_ms
    gw.remembered.pop(message.key, None)
    gw.remembered[message.key] = message
    sweep(gw)


def sweep(gw):
    """Forgets what is past its horizon, and the oldest beyond the bound."""
    while gw.remembered:
        key, oldest = next(iter(gw.remembered.items()))
        if oldest.forget_ms > gw.now and len(gw.remembered) <= MAX_REMEMBERED:
            return
        del gw.remembered[key]
        if gw.messages.get(key) is oldest:
            del gw.messages[key]


def find(gw, source, key_id):
    """A known message, or message-unknown (BUS-060, HTTP-029)."""
    sweep(gw)
    message = gw.messages.get((source, key_id))
    if message is None:
        raise Refusal('message-unknown', 'no message with that source and id is known')
    return message


def cancel(gw, source, key_id):
    """Cancels a message (BUS-040 to BUS-043)."""
    message = find(gw, source, key_id)
    if message.open == 0:
        raise Refusal('message-ended', 'every delivery has ended')
    for delivery in list(message.deliveries):
        end_or_mark(gw, delivery, 'cancelled')
    return message


def make_receipt(gw, delivery, outcome, reason):
    """The receipt of an outcome, if the publisher's service takes them (BUS-064 to BUS-072)."""
    message = delivery.message
    if message.is_receipt or message.publisher is None:
        return None
    name, instance = message.publisher
    service = gw.services.get(name)
    if service is None or not service.receipts or gw.unfinished >= MAX_DELIVERIES:
        return None
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
    trace(gw, 'receipt', **about(message), receiver=name, outcome=outcome, run=delivery.run, attempt=delivery.attempts)
    return Message(told, (OWN_SOURCE, told['id']), told['type'], message.priority, gw.now, fingerprint(told),
                   gw.now + RECEIPT_LIFE_MS, is_receipt=True, prefers=instance)


def send_receipt(gw, receipt, receiver):
    """Queues a receipt, however full its target is (BUS-074)."""
    gw.messages[receipt.key] = receipt
    trace(gw, 'accepted', **about(receipt))
    begin_run(gw, receipt, receipt.envelope['target'], 1, gw.now)


def keep_letter(gw, delivery, reason):
    """A dead letter; the oldest goes when there are too many (BUS-076 to BUS-084)."""
    letter = {'id': delivery.id, 'envelope': delivery.message.envelope, 'receiver': delivery.receiver,
              'run': delivery.run, 'outcome': delivery.outcome, 'reason': reason, 'attempts': delivery.attempts,
              'history': list(delivery.history), 'acceptedMs': delivery.message.accepted_ms, 'endedMs': gw.now,
              'durable': False}
    gw.made += 1
    gw.letters[letter['id']] = (gw.made, letter, delivery)
    while len(gw.letters) > gw.max_dead_letters:
        gw.letters.popitem(last=False)
        gw.letters_dropped += 1


def letter_of(gw, letter_id):
    if letter_id not in gw.letters:
        raise Refusal('dead-letter-unknown', 'no dead letter with that id is kept')
    return gw.letters[letter_id]


def discard(gw, letter_id):
    letter_of(gw, letter_id)
    del gw.letters[letter_id]


def redrive(gw, letter_id):
    """A new run of a dead letter's delivery (BUS-085 to BUS-091, BUS-121); the delivery."""
    _, _, old = letter_of(gw, letter_id)
    message = old.message
    if gw.closing:
        raise Refusal('closing', 'the gateway is closing', retry_after_ms=1000)
    if message.expiry_ms is not None and message.expiry_ms <= gw.now:
        raise Refusal('message-expired', 'the message has expired')
    service = gw.services.get(old.receiver)
    if service is None or message.target_instance and message.target_instance not in service.instances:
        raise Refusal('target-unknown', 'the receiver is no longer registered')
    target = gw.targets.get(old.receiver)
    if not message.is_receipt and target and target.counted >= gw.capacity:
        raise queue_full(gw, old.receiver)
    del gw.letters[letter_id]
    sweep(gw)
    gw.remembered.pop(message.key, None)
    gw.messages.setdefault(message.key, message)
    trace(gw, 'redriven', **about(message), receiver=old.receiver, run=old.run + 1)
    return begin_run(gw, message, old.receiver, old.run + 1, gw.now)


def queue_full(gw, receiver):
    return Refusal('queue-full', '%s has %d unfinished deliveries' % (receiver, gw.targets[receiver].counted),
                   retry_after_ms=1000)

"""What a durable store holds of the bus: messages and deliveries (BUS-010 to BUS-014, PRI-043, PRI-044).

`m/` is a message with its receivers and never changes while one of its deliveries is unfinished or a dead letter.
`d/` is the state of a delivery once it has one; it holds the outcome, the receipt of it, whether it is a dead letter,
and who got the redrive of that. So each step is one write of one key (BUS-101); what is written beside it is made anew
from it if it got lost.
"""
from bus_state import about
from gateway import trace
from json_text import write_json
from refusal import Refusal

HORIZON_MS = 86400000


def message_key(message):
    return 'm/%d' % message.number


def message_record(message, receivers, start_ms):
    """The record of a message."""
    return {'n': message.number, 'envelope': message.envelope, 'acceptedMs': message.accepted_ms,
            'receivers': receivers, 'startMs': start_ms, 'target': message.target_instance,
            'publisher': message.publisher, 'receipt': message.is_receipt, 'prefers': message.prefers,
            'principal': message.principal}


def short_record(message):
    """What is kept of a message whose deliveries have ended."""
    return {**message_record(message, [], message.accepted_ms), 'envelope': None, 'about': about(message),
            'fingerprint': message.fingerprint}


def delivery_key(delivery):
    return 'd/%d/%d/%s' % (delivery.message.number, delivery.run, delivery.receiver)


def delivery_record(delivery, **more):
    """The state of a delivery; an attempt that runs is not counted (RET-057)."""
    return {'order': delivery.number, 'startMs': delivery.start_ms, 'lastError': delivery.last_error,
            'attempts': delivery.attempts - (delivery.state == 'in-flight'), 'failedOn': delivery.failed_on,
            'history': list(delivery.history), 'dueMs': delivery.next_ms, 'waitMs': delivery.wait_ms,
            'marked': delivery.marked, **(delivery.end or {}), **more}


def size_of(record):
    """The bytes that count against a quota (PRI-044)."""
    return len(write_json(record).encode())


def charge(gw, principal, size):
    """Counts bytes against the quota of a principal (PRI-043)."""
    gw.used[principal] = gw.used.get(principal, 0) + size
    if not gw.used[principal]:
        del gw.used[principal]


def charge_message(gw, message, is_charged):
    """A message counts while one of its deliveries is unfinished."""
    if message.is_charged != is_charged:
        message.is_charged = is_charged
        charge(gw, message.principal, message.size if is_charged else -message.size)


def judge(gw, message, record):
    """Checks 10 to 12 of a publish, as far as they need no flush."""
    message.size = size_of(record)
    if message.size > gw.max_record_bytes:
        raise Refusal('record-too-large', 'more than %d bytes' % gw.max_record_bytes)
    if gw.used.get(message.principal, 0) + message.size > gw.max_durable_bytes:
        raise Refusal('store-full', 'the quota is used up', retry_after_ms=1000)
    if gw.store.failed:
        raise not_durable(gw, message)


def not_durable(gw, message):
    trace(gw, 'refused', **about(message), reason='not-durable')
    return Refusal('not-durable', 'the message could not be flushed', retry_after_ms=1000)


def store_state(gw, delivery, done):
    """Writes the retry state; it may be lost to a power cut (RET-051, RET-055)."""
    gw.store.write({delivery_key(delivery): delivery_record(delivery)}, done, is_flushed=False)


def tidy(gw, message):
    """A message without unfinished deliveries and dead letters is kept in short, or not at all once it is forgotten."""
    if not message.is_durable or message.open or any(each.end['letter'] for each in message.deliveries):
        return
    if gw.messages.get(message.key) is message:
        gw.store.write({message_key(message): short_record(message)}, is_flushed=False)
    else:
        gone = {delivery_key(each): None for each in message.deliveries}
        gw.store.write({message_key(message): None, **gone}, is_flushed=False)


def store_all(gw, done):
    """Flushes the state of every unfinished delivery, when closing ends (BUS-105)."""
    changes = {delivery_key(each): delivery_record(each) for target in gw.targets.values()
               for each in target.deliveries.values()
               if each.message.is_durable and each.state not in ('flushing', 'settling')}
    gw.store.write(changes, done)

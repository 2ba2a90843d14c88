"""Redrive and discard of dead letters (BUS-085 to BUS-092, BUS-121)."""
import durable
from bus_end import begin, enlist, queue_full, sweep, take_back
from bus_state import about
from gateway import trace
from later import Later
from letters import drop_letter, find_letter
from refusal import Refusal
from registry import receivers_of


def discard(gw, letter_id):
    """Deletes a dead letter for good (BUS-092): None, or Later for a durable one."""
    _, letter, delivery, _ = find_letter(gw, letter_id)
    if not letter['durable']:
        return drop_letter(gw, letter_id)
    refusal = Refusal('not-durable', 'the discard could not be flushed', retry_after_ms=1000)
    return move(gw, letter_id, delivery, {'letter': None}, lambda: drop_letter(gw, letter_id), lambda: refusal)


def move(gw, letter_id, delivery, more, flushed, failed):
    """Flushes that a delivery is no dead letter any more; nobody moves it meanwhile."""
    later = Later()
    gw.moving.add(letter_id)

    def done(ok):
        gw.moving.discard(letter_id)
        later.tell(flushed() if ok else failed())
    gw.store.write({durable.delivery_key(delivery): durable.delivery_record(delivery, **more)}, done)
    return later


def redrive(gw, letter_id):
    """New runs of a dead letter's message (BUS-085 to BUS-091, BUS-121): the deliveries, or Later for a durable one."""
    _, _, old, _ = find_letter(gw, letter_id)
    message = old.message
    if gw.closing:
        raise Refusal('closing', 'the gateway is closing', retry_after_ms=1000)
    if message.expiry_ms is not None and message.expiry_ms <= gw.now:
        raise Refusal('message-expired', 'the message has expired')
    receivers = receivers_again(gw, message, old.receiver)
    if message.is_durable and gw.store.failed:
        raise durable.not_durable(gw, message)
    for each in () if message.is_receipt else receivers:
        if each in gw.targets and gw.targets[each].counted >= gw.capacity:
            raise queue_full(gw, each)
    begun = [enlist(gw, message, each, old.run + 1, gw.now) for each in receivers]
    if not message.is_durable:
        return redriven(gw, letter_id, message, begun)
    again = {'receivers': receivers, 'order': begun[0].number, 'startMs': gw.now}

    def failed():
        for each in begun:
            take_back(gw, each)
        return durable.not_durable(gw, message)
    return move(gw, letter_id, old, {'letter': None, 'redriven': again},
                lambda: redriven(gw, letter_id, message, begun, redriven=again), failed)


def receivers_again(gw, message, receiver):
    """Who gets a redrive (BUS-086, BUS-089)."""
    found = receivers_of(gw, message.kind) if receiver == '' else [receiver]
    services = [gw.services.get(each) for each in found]
    only = message.target_instance
    if not found or None in services or only and only not in services[0].instances:
        raise Refusal('target-unknown', 'the receiver is no longer registered')
    return found


def redriven(gw, letter_id, message, begun, **more):
    """The dead letter is gone, its runs begin."""
    drop_letter(gw, letter_id, **more)
    sweep(gw)
    (gw.remembered_durable if message.is_durable else gw.remembered).pop(id(message), None)
    gw.messages.setdefault(message.key, message)
    if message.is_durable:
        durable.charge_message(gw, message, True)
    for each in begun:
        trace(gw, 'redriven', **about(message), receiver=each.receiver, run=each.run)
        begin(gw, each)
    return begun

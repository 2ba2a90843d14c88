"""Acceptance: the checks of a publish in their order, and what follows (bus.md, Acceptance)."""
import bus_end
import queue_round
from bus_state import Message, about, status_of
from deliver import dispatch
from envelope import fingerprint, parse
from gateway import OWN_SOURCE, trace
from grammar import read_time
from pattern import is_reserved
from refusal import Refusal
from registry import holder_of, receivers_of, renew

LONGEST_DELAY_MS = 604800000


def publish(gw, headers, body, lease=None, delay_ms=None):
    """('one', result) or ('batch', [result or Refusal]); a refusal of the whole is raised."""
    if gw.closing:
        raise Refusal('closing', 'the gateway is closing', retry_after_ms=1000)
    publisher = None
    if lease is not None:
        instance = holder_of(gw, lease)
        renew(gw, instance, 'request')
        publisher = (instance.service, instance.name)
    mode, found = parse(headers, body, gw.limits)
    if mode == 'one':
        result = accept(gw, found, publisher, delay_ms)
        dispatch(gw)
        return mode, result
    results = []
    for each in found:
        try:
            if isinstance(each, Refusal):
                raise each
            results.append(accept(gw, each, publisher, delay_ms))
        except Refusal as refusal:
            results.append(refusal)
        dispatch(gw)
    return mode, results


def accept(gw, envelope, publisher=None, delay_ms=None):
    """Judges one envelope and accepts it (BUS-001, BUS-002)."""
    if is_reserved(envelope['type']):
        raise Refusal('type-reserved', 'the type belongs to the protocol', field='type')
    if envelope['source'] == OWN_SOURCE:
        raise Refusal('source-reserved', "the source is the gateway's own", field='source')
    key = (envelope['source'], envelope['id'])
    bus_end.sweep(gw)
    known = gw.messages.get(key)
    mark = fingerprint(envelope)
    if known:
        if known.fingerprint != mark:
            raise Refusal('id-conflict', 'accepted before with another content', field='id')
        trace(gw, 'duplicate', **about(known))
        return answer_of(known, True)
    expiry_ms, start_ms = times_of(gw, envelope, delay_ms)
    priority = envelope.get('priority', 'NORMAL')
    receivers, target_instance = find_receivers(gw, envelope)
    if priority == 'CRITICAL':
        raise Refusal('store-required', 'CRITICAL needs a store that flushes to disk')
    if start_ms > gw.now:
        refuse_hoard(gw, receivers)
    full = make_room(gw, receivers, priority, 'target' in envelope)
    message = Message(envelope, key, envelope['type'], priority, gw.now, mark, expiry_ms, target_instance, publisher)
    gw.messages[key] = message
    trace(gw, 'accepted', **about(message))
    if start_ms > gw.now and receivers:
        trace(gw, 'delayed', **about(message), delayMs=start_ms - gw.now)
    begun = []
    for receiver in receivers:
        if receiver in full:
            begun.append(bus_end.new_delivery(gw, message, receiver, 1, start_ms))
        else:
            bus_end.begin_run(gw, message, receiver, 1, start_ms)
    for each in begun:
        each.state = 'new'
        bus_end.end(gw, each, 'evicted')
    if not receivers:
        bus_end.rest(gw, message)
    return answer_of(message, False)


def times_of(gw, envelope, delay_ms):
    """(expiry, start) in ms (BUS-004, BUS-111 to BUS-115)."""
    expiry_ms = read_time(envelope['expirytime']) if 'expirytime' in envelope else None
    if expiry_ms is not None and expiry_ms <= gw.now:
        raise Refusal('message-expired', 'it had expired when it arrived', field='expirytime')
    start_ms, field = gw.now, 'deliverat'
    if 'deliverat' in envelope:
        start_ms = max(gw.now, read_time(envelope['deliverat']))
    elif delay_ms is not None:
        start_ms, field = gw.now + max(0, delay_ms), 'bellhop-delay-ms'
    if start_ms - gw.now > LONGEST_DELAY_MS:
        raise Refusal('argument-invalid', 'farther away than the longest delay', field=field)
    if expiry_ms is not None and expiry_ms <= start_ms:
        raise Refusal('message-expired', 'it expires before it may be delivered', field='expirytime')
    return expiry_ms, start_ms


def find_receivers(gw, envelope):
    """(names, instance asked for) (BUS-005, BUS-006, BUS-018 to BUS-025)."""
    if 'target' not in envelope:
        return receivers_of(gw, envelope['type']), None
    name, sign, instance = envelope['target'].partition('@')
    service = gw.services.get(name)
    if service is None or sign and instance not in service.instances:
        raise Refusal('target-unknown', 'no such service or instance is registered', field='target')
    return [name], instance or None


def refuse_hoard(gw, receivers):
    """What is delayed takes at most half of a target (BUS-125)."""
    for receiver in receivers:
        kept = sum(each.receiver == receiver and each.state == 'delayed'
                   for message in gw.messages.values() for each in message.deliveries)
        if kept >= -(-gw.capacity // 2):
            raise bus_end.queue_full(gw, receiver)


def make_room(gw, receivers, priority, has_target):
    """Evicts where an arrival may; the receivers that are full for it (PRI-034 to PRI-041)."""
    rooms = {each: queue_round.room_for(gw.targets.get(each), priority, gw.capacity) for each in receivers}
    full = {each for each, (has_room, _) in rooms.items() if not has_room}
    if full and (has_target or len(full) == len(receivers)):
        raise bus_end.queue_full(gw, sorted(full)[0])
    for has_room, victim in rooms.values():
        if victim:
            bus_end.end(gw, victim, 'evicted')
    return full


def answer_of(message, duplicate):
    """The members of a 202 (HTTP-018)."""
    names = dict.fromkeys(each.receiver for each in message.deliveries)
    return {'source': message.key[0], 'id': message.key[1], 'durability': 'memory', 'receivers': list(names),
            'duplicate': duplicate}


def page(entries, limit, after):
    """One page of (number, entry): the entries and what to ask for the next (HTTP-031 to HTTP-033)."""
    start = 0
    if after is not None:
        if not after.startswith('c_') or not after[2:].isascii() or not after[2:].isdigit():
            raise Refusal('argument-invalid', 'no such page', field='after')
        start = int(after[2:])
    left = [each for each in entries if each[0] > start]
    shown = left[:limit]
    return [each[1] for each in shown], 'c_%d' % shown[-1][0] if len(left) > limit else None


def entries_of(gw, what, receiver=None):
    """(number, entry) of a list, oldest first (BUS-063, BUS-084, HTTP-074)."""
    if what == 'dead-letters':
        return [(number, letter) for number, letter, _ in gw.letters.values()
                if receiver is None or letter['receiver'] == receiver]
    kept = [each for each in gw.messages.values() if each.open]
    if what == 'unfinished':
        kept = [each for each in kept if each.priority == 'CRITICAL']
    else:
        kept = [each for each in kept if any(one.state == 'delayed' for one in each.deliveries)]
    kept.sort(key=lambda each: each.deliveries[0].number)
    return [(each.deliveries[0].number,
             {**status_of(each), **({'ageMs': gw.now - each.accepted_ms} if what == 'unfinished' else {})})
            for each in kept]

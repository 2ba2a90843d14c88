"""Acceptance: the checks of a publish in their order, and what follows (bus.md, Acceptance)."""
from functools import partial
from heapq import merge

import bus_end
import durable
import queue_round
from bus_state import Message, about, status_of
from deliver import dispatch
from envelope import fingerprint, parse
from gateway import OWN_SOURCE, trace
from grammar import read_time
from json_text import write_json
from later import Later, after, gathered
from pattern import is_reserved
from refusal import Refusal
from registry import holder_of, listed, receivers_of, renew
from schedule import forget

LONGEST_DELAY_MS = 604800000
LONGEST_PAGE = 4194304


def publish(gw, headers, body, lease=None, delay_ms=None, is_renewed=False, credential=None):
    """('one', result) or ('batch', [result or Refusal]), or Later; a refusal of the whole is raised."""
    publisher = None
    if lease is not None:
        instance = holder_of(gw, lease)
        if not is_renewed:
            renew(gw, instance, 'request')
        publisher = (instance.service, instance.name)
    if gw.closing:
        raise Refusal('closing', 'the gateway is closing', retry_after_ms=1000)
    mode, found = parse(headers, body, gw.limits)
    if mode == 'one':
        result = accept(gw, found, publisher, delay_ms, credential)
        dispatch(gw)
        return mode, after(result, lambda told: told)
    results = []
    for each in found:
        try:
            if isinstance(each, Refusal):
                raise each
            results.append(accept(gw, each, publisher, delay_ms, credential))
        except Refusal as refusal:
            results.append(refusal)
        dispatch(gw)
    return mode, gathered(results)


def accept(gw, envelope, publisher=None, delay_ms=None, credential=None):
    """Judges one envelope and accepts it (BUS-001, BUS-002)."""
    if credential:
        credential.judge_publish(envelope)
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
        return duplicate(gw, known)
    expiry_ms, start_ms = times_of(gw, envelope, delay_ms)
    priority = envelope.get('priority', 'NORMAL')
    receivers, target_instance = find_receivers(gw, envelope)
    if priority == 'CRITICAL' and gw.store is None:
        raise Refusal('store-required', 'CRITICAL needs a store that flushes to disk')
    if start_ms > gw.now:
        refuse_hoard(gw, receivers)
    full, victims = find_room(gw, receivers, priority, 'target' in envelope)
    message = Message(envelope, key, envelope['type'], priority, gw.now, mark, expiry_ms, target_instance, publisher)
    if message.is_durable:
        message.principal = credential.name if credential else envelope['source']
        return accept_durable(gw, message, receivers or [''], start_ms, victims)
    for victim in victims:
        bus_end.end(gw, victim, 'evicted')
    gw.messages[key] = message
    begun = [(bus_end.new_delivery if each in full else bus_end.enlist)(gw, message, each, 1, start_ms)
             for each in receivers]
    accepted(gw, message, start_ms)
    for each in begun:
        if each.receiver in full:
            bus_end.end(gw, each, 'evicted')
        else:
            bus_end.begin(gw, each)
    if not receivers:
        bus_end.rest(gw, message)
    return answer_of(message, False)


def accept_durable(gw, message, receivers, start_ms, victims):
    """A CRITICAL is accepted once its record was flushed (BUS-010 to BUS-014): Later."""
    gw.made += 1
    message.number = gw.made
    record = durable.message_record(message, receivers, start_ms)
    durable.judge(gw, message, record)
    for victim in victims:
        bus_end.end(gw, victim, 'evicted')
    gw.messages[message.key] = message
    begun = [bus_end.enlist(gw, message, each, 1, start_ms) for each in receivers]
    durable.charge_message(gw, message, True)
    message.flush = later = Later()

    def flushed(ok):
        message.flush = None
        if not ok:
            for each in begun:
                bus_end.take_back(gw, each)
            forget(message.expiry_timer)
            durable.charge_message(gw, message, False)
            del gw.messages[message.key]
            later.tell(durable.not_durable(gw, message))
            return
        accepted(gw, message, start_ms)
        for each in begun:
            each.marked = each.marked or (None if each.receiver else 'no-subscriber')
            bus_end.begin(gw, each)
        later.tell(answer_of(message, False))
    gw.store.write({durable.message_key(message): record}, flushed)
    return later


def accepted(gw, message, start_ms):
    trace(gw, 'accepted', **about(message))
    if start_ms > gw.now and any(each.receiver for each in message.deliveries):
        trace(gw, 'delayed', **about(message), delayMs=start_ms - gw.now)


def duplicate(gw, known):
    """The answer to a duplicate, with that of the first while it is being flushed (BUS-048, BUS-055)."""
    def told(_):
        trace(gw, 'duplicate', **about(known))
        return answer_of(known, True)
    return after(known.flush or known, told)


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
        target = gw.targets.get(receiver)
        kept = sum(each.state == 'delayed' or each.state == 'flushing' and each.start_ms > gw.now
                   for each in target.deliveries.values()) if target else 0
        if kept >= -(-gw.capacity // 2):
            raise bus_end.queue_full(gw, receiver)


def find_room(gw, receivers, priority, has_target):
    """(who is full for it, whom its arrival evicts) (PRI-034 to PRI-041)."""
    rooms = {each: queue_round.room_for(gw.targets.get(each), priority, gw.capacity) for each in receivers}
    full = {each for each, (has_room, _) in rooms.items() if not has_room}
    if full and (has_target or priority == 'CRITICAL' or len(full) == len(receivers)):
        raise bus_end.queue_full(gw, sorted(full)[0])
    return full, [victim for _, victim in rooms.values() if victim]


def answer_of(message, duplicate):
    """The members of a 202 (HTTP-018)."""
    names = dict.fromkeys(each.receiver for each in message.deliveries if each.receiver)
    return {'source': message.key[0], 'id': message.key[1], 'receivers': list(names), 'duplicate': duplicate,
            'durability': 'flushed' if message.is_durable else 'memory'}


def page(gw, what, limit=100, after=None, receiver=None):
    """One page of a list: the entries and what to ask for the next (HTTP-031 to HTTP-033, HTTP-085)."""
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000:
        raise Refusal('argument-invalid', 'from 1 to 1000', field='limit')
    start = 0
    if after is not None:
        if not after.startswith('c_') or not after[2:].isascii() or not after[2:].isdigit():
            raise Refusal('argument-invalid', 'no such page', field='after')
        start = int(after[2:])
    shown, length = [], 0
    for number, make in entries_of(gw, what, receiver):
        if number <= start:
            continue
        entry = make() if length <= LONGEST_PAGE and len(shown) < limit else None
        length += len(write_json(entry)) if entry else 0
        if entry is None or shown and length > LONGEST_PAGE:
            return shown, 'c_%d' % last
        shown.append(entry)
        last = number
    return shown, None


def entries_of(gw, what, receiver):
    """(number, what makes the entry) of a list, oldest first (BUS-063, BUS-084, HTTP-074)."""
    if what == 'dead-letters':
        both = merge(gw.letters.values(), gw.durable_letters.values(), key=lambda each: each[0])
        return ((each[0], partial(dict, each[1])) for each in both
                if receiver is None or each[1]['receiver'] == receiver)
    if what == 'services':
        return ((each.number, partial(listed, gw, each)) for each in gw.services.values())
    kept = [each for each in gw.messages.values() if each.open and not each.flush]
    if what == 'unfinished':
        kept = [each for each in kept if each.priority == 'CRITICAL']
    else:
        kept = [each for each in kept if any(one.state == 'delayed' for one in each.deliveries)]
    kept.sort(key=lambda each: each.deliveries[0].number)
    return ((each.deliveries[0].number, partial(aged, gw, each) if what == 'unfinished' else partial(status_of, each))
            for each in kept)


def aged(gw, message):
    return {**status_of(message), 'ageMs': gw.now - message.accepted_ms}

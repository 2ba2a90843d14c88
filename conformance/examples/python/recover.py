"""What a gateway finds in its store when it starts (BUS-096, BUS-119, REG-036, REG-037, RET-056 to RET-060)."""
import bus_end
import deliver
import durable
import health
import queue_round
import registry
from bus_state import Message, about
from envelope import fingerprint
from gateway import trace
from grammar import read_time
from letters import keep_letter
from schedule import DUE, LEASE, wake


def recover(gw):
    """Takes up whatever was unfinished."""
    found = {kind: {} for kind in 'simd'}
    for key, value in gw.store.values.items():
        kind, _, rest = key.partition('/')
        found[kind][rest] = value
    for name, told in sorted(found['s'].items(), key=lambda each: each[1]['number']):
        recover_service(gw, name, told, {key.partition('/')[2]: each for key, each in found['i'].items()
                                         if key.partition('/')[0] == name})
    states = {}
    for key, told in found['d'].items():
        number, run, receiver = key.split('/', 2)
        states.setdefault(int(number), {})[(int(run), receiver)] = told
    records = {told['n']: told for told in found['m'].values()}
    for told in [told for known in states.values() for told in known.values() if told.get('receipt')]:
        add_receipt(gw, records, told['receipt'])
    gw.made = max([gw.made, *records, *(max(told['order'], told.get('letter') or 0)
                                        for known in states.values() for told in known.values())])
    kept = [recover_message(gw, told, states.get(number, {})) for number, told in sorted(records.items())]
    letters = [each for message in kept for each in message.deliveries if each.end and each.end['letter']]
    for each in sorted(letters, key=lambda each: each.end['letter']):
        keep_letter(gw, each)
    ended = [(max(each.end['endedMs'] for each in message.deliveries), message.number, message)
             for message in kept if message.open == 0]
    for ended_ms, _, message in sorted(ended):
        bus_end.remember(gw, message, ended_ms)
    resume(gw, [each for each in kept if each.open])
    bus_end.sweep(gw)


def add_receipt(gw, records, record):
    """A receipt that was written with its outcome and not yet beside it (BUS-073)."""
    if record['n'] not in records and read_time(record['envelope']['expirytime']) > gw.now:
        records[record['n']] = record
        gw.store.write({'m/%d' % record['n']: record}, is_flushed=False)


def recover_service(gw, name, told, instances):
    """A service; its instances are suspect, and have one lease of grace."""
    service = gw.services[name] = registry.Service(
        name, told['registeredMs'], told['number'], told['version'], told['subscriptions'], told['ephemeral'],
        told['receipts'], told['maxInFlight'], end_ms=told['endMs'], pulls=told.get('pulls', False))
    gw.made = max(gw.made, service.number)
    for key, one in instances.items():
        instance = registry.Instance(name, key, one['version'], one['endpoint'], one['health'], one['lease'],
                                     one['leaseMs'], gw.now + one['leaseMs'], one['registeredMs'], state='suspect',
                                     rate=one['rate'])
        registry.put(gw, service, instance)
        trace(gw, 'suspect', service=name, instance=key, reason='restored')
        health.plan_check(gw, instance)
    if not instances:
        if service.ephemeral:
            registry.end_service(gw, service, 'ephemeral')
            return
        service.end_ms = service.end_ms or gw.now + registry.KEPT_MS
        service.end_timer = wake(gw.schedule, service.end_ms, LEASE, registry.end_service, gw, service, 'expired')


def message_of(told):
    """A message of its record, short or whole."""
    envelope = told['envelope'] or told['about']
    publisher = tuple(told['publisher']) if told['publisher'] else None
    expiry_ms = read_time(envelope['expirytime']) if 'expirytime' in envelope else None
    return Message(envelope, (envelope['source'], envelope['id']), envelope['type'], 'CRITICAL', told['acceptedMs'],
                   told.get('fingerprint') or fingerprint(envelope), expiry_ms, told['target'], publisher,
                   told['receipt'], told['prefers'], number=told['n'], principal=told['principal'],
                   size=durable.size_of(told))


def recover_message(gw, told, known):
    """A message with its deliveries; those without a state of their own have not begun."""
    message = message_of(told)
    gw.messages[message.key] = message
    known = dict(known)
    for receiver in told['receivers']:
        known.setdefault((1, receiver), {'order': told['n'], 'startMs': told['startMs']})
    for (run, _), state in list(known.items()):
        for receiver in state.get('redriven', {}).get('receivers', []):
            known.setdefault((run + 1, receiver), state['redriven'])
    for (run, receiver), state in sorted(known.items(), key=lambda each: (each[0][0], each[1]['order'])):
        delivery = bus_end.enlist(gw, message, receiver, run, state['startMs'])
        delivery.attempts, delivery.last_error = state.get('attempts', 0), state.get('lastError')
        delivery.failed_on, delivery.history = state.get('failedOn'), state.get('history', [])
        delivery.next_ms, delivery.wait_ms = state.get('dueMs'), state.get('waitMs')
        delivery.marked, delivery.order = state.get('marked'), state['order']
        if 'outcome' in state:
            delivery.end = {name: state[name] for name in ('outcome', 'reason', 'endedMs', 'letter', 'receipt')}
            if 'redriven' in state:
                delivery.end['redriven'] = state['redriven']
            delivery.outcome, delivery.state = state['outcome'], 'ended'
            queue_round.drop(gw.targets[receiver], delivery)
            gw.unfinished -= 1
            message.open -= 1
    return message


def resume(gw, messages):
    """Takes up what was unfinished, in its old order: who was under way first."""
    waiting = []
    for message in messages:
        durable.charge_message(gw, message, True)
        trace(gw, 'recovered', **about(message))
        waiting += [each for each in message.deliveries if each.state == 'flushing']
    for delivery in sorted(waiting, key=lambda each: (not each.attempts, each.start_ms, each.order)):
        delivery.marked = delivery.marked or mark_of(gw, delivery)
        if delivery.attempts and delivery.wait_ms and delivery.next_ms is not None and not delivery.marked:
            wait_on(gw, delivery)
            continue
        asked_ms = delivery.start_ms - delivery.message.accepted_ms if delivery.run == 1 else 0
        delivery.start_ms, delivery.next_ms = min(delivery.start_ms, gw.now + asked_ms), None
        bus_end.begin(gw, delivery)


def mark_of(gw, delivery):
    """What ended a delivery while the process was gone, if anything did."""
    message, service = delivery.message, gw.services.get(delivery.receiver)
    if delivery.receiver == '':
        return 'no-subscriber'
    if message.expiry_ms is not None and message.expiry_ms <= gw.now:
        return 'expired'
    if service is None:
        return 'receiver-gone'
    if message.target_instance and message.target_instance not in service.instances:
        return 'instance-gone'
    return None


def wait_on(gw, delivery):
    """At the head of its lane, until the time stored, and no longer than it was stored with (RET-060)."""
    target = bus_end.target_of(gw, delivery.receiver)
    queue_round.enter(target, delivery)
    due_ms = min(delivery.next_ms, gw.now + delivery.wait_ms)
    delivery.next_ms = None
    if due_ms > gw.now and delivery.state == 'queued':
        queue_round.unqueue(target, delivery)
        delivery.state, delivery.next_ms = 'waiting', due_ms
        delivery.due_timer = wake(gw.schedule, due_ms, DUE, deliver.due, gw, delivery)
    deliver.mark_ready(gw, target)

"""Dead letters, in memory and durable (BUS-076 to BUS-084)."""
import durable
from refusal import Refusal


def letter_of(delivery):
    """The dead letter of a delivery (BUS-077 to BUS-082)."""
    message, end = delivery.message, delivery.end
    return {'id': delivery.id, 'envelope': message.envelope, 'receiver': delivery.receiver, 'run': delivery.run,
            'outcome': end['outcome'], 'reason': end['reason'], 'attempts': delivery.attempts,
            'history': list(delivery.history), 'acceptedMs': message.accepted_ms, 'endedMs': end['endedMs'],
            'durable': message.is_durable}


def keep_letter(gw, delivery):
    """Keeps a dead letter; in memory the oldest goes when there are too many (BUS-083)."""
    letter, number = letter_of(delivery), delivery.end['letter']
    if delivery.message.is_durable:
        size = durable.size_of(letter)
        durable.charge(gw, delivery.message.principal, size)
        gw.durable_letters[letter['id']] = (number, letter, delivery, size)
        return
    gw.letters[letter['id']] = (number, letter, delivery, 0)
    while len(gw.letters) > gw.max_dead_letters:
        gw.letters.popitem(last=False)
        gw.letters_dropped += 1


def find_letter(gw, letter_id):
    kept = gw.letters.get(letter_id) or gw.durable_letters.get(letter_id)
    if kept is None or letter_id in gw.moving:
        raise Refusal('dead-letter-unknown', 'no dead letter with that id is kept')
    return kept


def drop_letter(gw, letter_id, **more):
    """Takes a dead letter out of the list."""
    gw.moving.discard(letter_id)
    if gw.letters.pop(letter_id, None):
        return
    _, _, delivery, size = gw.durable_letters.pop(letter_id)
    delivery.end = {**delivery.end, 'letter': None, **more}
    durable.charge(gw, delivery.message.principal, -size)
    durable.tidy(gw, delivery.message)

"""The control plane over standard input and output (control.md)."""
import json
import random
import secrets
import sys
import traceback

import bus
import bus_end
import envelope
import health
import registry
from ask import QUESTIONS, ask, body_of
from bus_state import status_of
from deliver import dispatch, drain
from gateway import NUMBERS, advance, look, new_gateway, settle
from http_binding import handle
from json_text import write_json
from refusal import Refusal, as_control
from service_role import handle_service, new_receiver

HELLO = {'control': 1, 'name': 'bellhop-py', 'version': '0.1.0', 'spec': '0.1', 'clock': 'virtual',
         'profiles': ['core', 'registry', 'http'], 'asks': list(QUESTIONS), 'can': ['working', 'service', 'drain']}
PENDING = object()


class Unsupported(Exception):
    """The command or one of its options is not known."""


class Session:
    """One session: the gateway of the last `start`."""

    def __init__(self):
        self.gw = fresh({'nowMs': 0, 'draws': [0.5], 'options': {}})
        self.receiver, self.over = None, False

    def later(self, seq):
        """Tells the answer to a command that was pending."""
        def tell(found):
            told = {'refused': as_control(found)} if isinstance(found, Refusal) else {'ok': found}
            self.gw.events.append({'kind': 'answer', 'to': seq, **told})
        return tell


def fresh(command):
    options = command['options']
    if command.get('keep') or command.get('security'):
        raise Unsupported('open mode in memory is all there is')
    if options.get('store', 'memory') != 'memory':
        raise Unsupported('the store is in memory')
    unknown = set(options) - {'policy', 'limits', 'store', *NUMBERS}
    if unknown:
        raise Unsupported('options that are not known: ' + ', '.join(sorted(unknown)))
    return new_gateway(command['nowMs'], command['draws'], options,
                       lambda: secrets.token_hex(16), random.Random(11))


def do_hello(session, command):
    return HELLO


def do_start(session, command):
    session.gw = fresh(command)
    session.receiver = new_receiver(command['service']) if command.get('role') == 'service' else None
    return {}


def do_publish(session, command):
    mode, found = bus.publish(session.gw, command['headers'], body_of(command), command.get('lease'),
                              command.get('delayMs'))
    if mode == 'one':
        return found
    return {'results': [{'refused': as_control(each)} if isinstance(each, Refusal) else {'ok': each}
                        for each in found]}


def do_registry(session, command):
    given = envelope.from_json(command['envelope'], session.gw.limits)
    told = registry.answer_registry(session.gw, given)
    dispatch(session.gw)
    return told


def do_discover(session, command):
    tell = session.later(command['seq'])

    def done(found):
        tell(found if isinstance(found, Refusal) else {'name': found.service, 'instance': found.name})
    health.discover(session.gw, command['url'], done)
    return PENDING


def do_settle(session, command):
    held = settle(session.gw, command['call'], command['answer'])
    dispatch(session.gw)
    return {'held': held}


def do_advance(session, command):
    advance(session.gw, command['toMs'], lambda gw: (dispatch(gw), look(gw)))
    return {}


def do_status(session, command):
    return status_of(bus_end.find(session.gw, command['source'], command['id']))


def do_cancel(session, command):
    message = bus_end.cancel(session.gw, command['source'], command['id'])
    dispatch(session.gw)
    return status_of(message)


def do_list(session, command):
    gw, what, limit = session.gw, command['what'], command.get('limit', 100)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000:
        raise Refusal('argument-invalid', 'from 1 to 1000', field='limit')
    if what == 'services':
        entries = list(enumerate((registry.listed(gw, each) for each in gw.services.values()), 1))
    elif what in ('unfinished', 'delayed', 'dead-letters'):
        entries = bus.entries_of(gw, what, command.get('receiver'))
    else:
        raise Unsupported('no such list')
    shown, after = bus.page(entries, limit, command.get('after'))
    return {'entries': shown, 'after': after}


def do_letter(session, command):
    if command['action'] == 'discard':
        bus_end.discard(session.gw, command['id'])
        return {}
    delivery = bus_end.redrive(session.gw, command['id'])
    dispatch(session.gw)
    return status_of(delivery.message)


def do_drain(session, command):
    gw, tell = session.gw, session.later(command['seq'])
    if drain(gw, lambda _: tell({})):
        return {}
    return PENDING


def do_request(session, command):
    tell, given = session.later(command['seq']), [command[name] for name in ('method', 'path', 'headers')]

    def told(answer):
        return {'status': answer[0], 'headers': answer[1], 'body': answer[2].decode('utf-8', 'replace')}
    whole = [*given, body_of(command), lambda answer: tell(told(answer))]
    answer = handle_service(session.gw, session.receiver, *whole) if session.receiver else handle(session.gw, *whole)
    dispatch(session.gw)
    return PENDING if answer is None else told(answer)


def do_ask(session, command):
    if command['about'] not in QUESTIONS:
        raise Unsupported('no such question')
    return ask(command['about'], command['input'])


def do_stop(session, command):
    session.over = True
    return {}


COMMANDS = {name[3:]: function for name, function in globals().items() if name.startswith('do_')}


def turn(session, command):
    """The answer to one command."""
    answer = {'seq': command['seq']}
    try:
        if command['do'] not in COMMANDS:
            raise Unsupported('no such command')
        found = COMMANDS[command['do']](session, command)
        answer.update({'pending': True} if found is PENDING else {'ok': found})
    except Refusal as refusal:
        answer['refused'] = as_control(refusal)
    except Unsupported as lack:
        answer['unsupported'] = str(lack)
    except Exception:
        traceback.print_exc(file=sys.stderr)
        answer['refused'] = {'code': 'internal'}
    look(session.gw)
    events, session.gw.events = session.gw.events, []
    return {**answer, 'nowMs': session.gw.now, 'events': events}


def main():
    session = Session()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(write_json(turn(session, json.loads(line))).encode() + b'\n')
        sys.stdout.buffer.flush()
        if session.over:
            return


if __name__ == '__main__':
    main()

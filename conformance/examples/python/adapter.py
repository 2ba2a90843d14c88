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
import redrive
import registry
from access import Access
from ask import QUESTIONS, ask, body_of
from asked import do_hang_up, do_hosts, do_read, do_request, read_store
from bus_state import status_of
from deliver import dispatch, drain
from gateway import NUMBERS, advance, look, new_gateway, settle
from json_text import write_json
from later import Later, after
from recover import recover
from refusal import Refusal, as_control
from service_role import new_receiver
from store_faults import Disk

HELLO = {'control': 1, 'name': 'bellhop-py', 'version': '0.1.0', 'spec': '0.1', 'clock': 'virtual',
         'profiles': ['core', 'registry', 'http', 'pull', 'durable', 'security'], 'asks': list(QUESTIONS),
         'can': ['working', 'service', 'drain', 'store-faults', 'crash', 'torn-writes', 'store-read', 'streams',
                 'mount', 'bounds', 'schemas', 'stops', 'replies', 'peer', 'hosts', 'guard']}


class Unsupported(Exception):
    """The command or one of its options is not known."""


class Session:
    """One session: the gateway of the last `start`."""

    def __init__(self):
        self.disk, self.gw, self.receiver, self.over = Disk(), None, None, False
        do_start(self, {'nowMs': 0, 'draws': [0.5], 'options': {'store': 'memory'}})

    def later(self, seq):
        """Tells the answer to a command that was pending."""
        def tell(found):
            told = {'refused': as_control(found)} if isinstance(found, Refusal) else {'ok': found}
            if seq not in self.gone:
                self.gw.events.append({'kind': 'answer', 'to': seq, **told})
        return tell


def do_hello(session, command):
    return HELLO


def do_start(session, command):
    options = command['options']
    unknown = set(options) - {'policy', 'limits', 'store', 'mount', 'bounds', *NUMBERS}
    if unknown:
        raise Unsupported('options that are not known: ' + ', '.join(sorted(unknown)))
    gw = new_gateway(command['nowMs'], command['draws'], options, lambda: secrets.token_hex(16), random.Random(11))
    security = command.get('security')
    if security is not None and command.get('role') != 'service':
        session.names = dict(security.get('hosts') or {})
        gw.access = Access(security, lambda name: session.names.get(name, []))
    session.disk.close()
    session.gw, session.bodies, session.replies, session.gone = gw, {}, {}, set()
    if options.get('store', 'durable') == 'durable':
        gw.store = session.disk.open(command.get('keep'))
        recover(gw)
        dispatch(gw)
    session.receiver = new_receiver(command['service'], security) if command.get('role') == 'service' else None
    return {}


def do_store(session, command):
    if command['action'] == 'crash':
        told = session.disk.crash()
        do_start(session, {'nowMs': session.gw.now, 'draws': [0.5], 'options': {'store': 'memory'}})
        return told
    if command['action'] == 'read':
        return read_store(session.disk)
    session.disk.act(command['action'], command.get('writes', 0))
    dispatch(session.gw)
    return {}


def do_publish(session, command):
    mode, found = bus.publish(session.gw, command['headers'], body_of(command), command.get('lease'),
                              command.get('delayMs'))
    return found if mode == 'one' else after(found, lambda found: {'results': [
        {'refused': as_control(each)} if isinstance(each, Refusal) else {'ok': each} for each in found]})


def do_registry(session, command):
    given = envelope.from_json(command['envelope'], session.gw.limits)
    told = registry.answer_registry(session.gw, given)
    dispatch(session.gw)
    return told


def do_discover(session, command):
    later = Later()
    health.discover(session.gw, command['url'], later.tell)
    return after(later, lambda found: {'name': found.service, 'instance': found.name})


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
    found = bus_end.cancel(session.gw, command['source'], command['id'])
    dispatch(session.gw)
    return after(found, status_of)


def do_list(session, command):
    shown, after = bus.page(session.gw, **{name: command[name] for name in ('what', 'limit', 'after', 'receiver')
                                           if name in command})
    return {'entries': shown, 'after': after}


def do_letter(session, command):
    if command['action'] == 'discard':
        return after(redrive.discard(session.gw, command['id']), lambda _: {})
    found = redrive.redrive(session.gw, command['id'])
    dispatch(session.gw)
    return after(found, lambda begun: status_of(begun[0].message))


def do_drain(session, command):
    return drain(session.gw)


def do_ask(session, command):
    if command['about'] not in QUESTIONS:
        raise Unsupported('no such question')
    return ask(command['about'], command['input'])


def do_stop(session, command):
    session.over = session.disk.end()
    return {}


COMMANDS = {name[3:].replace('_', '-'): function for name, function in globals().items() if name.startswith('do_')}


def turn(session, command):
    """The answer to one command."""
    answer = {'seq': command['seq']}
    try:
        if command['do'] not in COMMANDS:
            raise Unsupported('no such command')
        found = COMMANDS[command['do']](session, command)
        if isinstance(found, Later) and not found.is_done:
            found.then(session.later(command['seq']))
            answer['pending'] = True
        else:
            answer['ok'] = after(found, dict)
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

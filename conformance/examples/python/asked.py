"""Requests of the suite, with their streams (control.md, Streams)."""
import base64

from ask import body_of
from deliver import dispatch
from http_binding import handle
from later import Later, Reply, after
from request import late_body
from schedule import ANSWER, wake
from service_role import handle_service
from stream import Body


def do_request(session, command):
    gw, later, seq = session.gw, Later(), command['seq']
    given = [command[name] for name in ('method', 'path', 'headers')]
    if command.get('unfinished'):
        wake(gw.schedule, gw.now + gw.bounds['bodyMs'], ANSWER, lambda: later.tell(late_body(gw)))
    else:
        session.replies[seq] = Reply(later.tell)
        whole = [*given, body_of(command), session.replies[seq], command.get('peer', '127.0.0.1')]
        answer = handle_service(gw, session.receiver, *whole) if session.receiver else handle(gw, *whole)
        dispatch(gw)
        if answer:
            later.tell(answer)

    def shown(told):
        status, headers, body = told
        if command.get('stream') or isinstance(body, Body):
            session.bodies[seq], body = body, b''
        else:
            session.replies.pop(seq, None)
        return {'status': status, 'headers': headers, 'body': body.decode('utf-8', 'replace')}
    return after(later, shown)


def do_read(session, command):
    """What has come of a body since the last `read`."""
    body = session.bodies[command['to']]
    if isinstance(body, Body):
        return {'text': body.take().decode('utf-8', 'replace'), 'ended': body.is_ended}
    session.bodies[command['to']] = b''
    session.replies.pop(command['to'], None)
    return {'text': body.decode('utf-8', 'replace'), 'ended': True}


def do_hang_up(session, command):
    """Whoever sent that request is gone."""
    body = session.bodies.pop(command['to'], None)
    if isinstance(body, Body):
        body.end()
    if command['to'] in session.replies:
        session.replies.pop(command['to']).gone()
    session.gone.add(command['to'])
    dispatch(session.gw)
    return {}


def do_hosts(session, command):
    """What names resolve to from now on."""
    session.names.update(command['hosts'])
    return {}


def read_store(disk):
    """All bytes of a store."""
    return {'base64': base64.b64encode(disk.bytes()).decode()}

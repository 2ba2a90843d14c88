"""A gateway with http.server around `http_binding`: python3 serve.py [port [directory [security.json]]].

With a directory for its store it takes CRITICAL; what of that is unfinished is taken up again when it is restarted.
With `security` as in control.md (Start) it serves others than loopback, and asks for credentials; else it is in open
mode. Addresses are dialled as they were checked (`pinned`).
"""
import http.client
import json
import queue
import random
import secrets
import select
import socket
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_binding
from access import Access
from deliver import dispatch
from gateway import advance, look, new_gateway, settle
from guard import Lookup
from later import Reply
from problem import answer_problem
from recover import recover
from refusal import Refusal
from request import late_body
from store import Store
from stream import Body

MOUNT = '/bus'
LOCK = threading.RLock()
LONGEST_ANSWER = 65536


class Wall:
    """Time that starts with the wall clock and never steps (RET-059)."""
    base = int(time.time() * 1000) - time.monotonic_ns() // 1000000


def now_ms():
    return Wall.base + time.monotonic_ns() // 1000000


GW = new_gateway(now_ms(), [0.5], {}, lambda: secrets.token_hex(16), random.SystemRandom())
GW.draw, GW.mount = random.random, MOUNT


def turn(act=None):
    """Does one thing in the gateway, and sends out whatever calls it begins."""
    with LOCK:
        GW.now = max(GW.now, now_ms())
        found = act() if act else None
        dispatch(GW)
        advance(GW, now_ms(), lambda gw: (dispatch(gw), look(gw)))
        look(GW)
        events, GW.events = GW.events, []
    for event in events:
        if event['kind'] == 'call':
            threading.Thread(target=send, args=(event,), daemon=True).start()
    return found


def dial(addresses, port):
    """Connects to one of the addresses that were checked (SEC-025)."""
    for place, each in enumerate(addresses, 1):
        try:
            return socket.create_connection((each, port), 60)
        except OSError:
            if place == len(addresses):
                raise


def send(event):
    """One call out; no redirect is followed (RET-040), the answer's body is cut off (RET-043)."""
    request, name = event['request'], event['call']
    url = urllib.parse.urlsplit(request['url'])
    kind = http.client.HTTPSConnection if url.scheme == 'https' else http.client.HTTPConnection
    try:
        addresses = GW.guard.check(request['url'])
        connection = kind(url.hostname, url.port, timeout=60)
        connection._create_connection = lambda to, *more: dial(addresses, to[1])
        call = GW.calls.get(name)
        raw = call.raw if call and event['for'] == 'proxy' else request['body'].encode('utf-8')
        connection.request(request['method'], (url.path or '/') + ('?' + url.query if url.query else ''),
                           raw or None, request['headers'])
        answer = connection.getresponse()
        told = {'status': answer.status, 'headers': {name.lower(): value for name, value in answer.getheaders()}}
        if event['for'] == 'proxy':
            return pass_on(name, answer, {**told, 'unfinished': True})
        told['body'] = answer.read(LONGEST_ANSWER).decode('utf-8', 'replace')
        connection.close()
    except Refusal as refusal:
        told = {'fault': refusal.code}
    except (OSError, http.client.HTTPException):
        told = {'fault': 'unreachable'}
    turn(lambda: settle(GW, name, told))


def pass_on(name, answer, head):
    """A proxied answer, as it comes and no faster than it is taken (HTTP-040)."""
    try:
        if not turn(lambda: settle(GW, name, head)):
            return
        call = GW.calls.get(name)
        while call and name in GW.calls:
            part = answer.read1(LONGEST_ANSWER)
            if not part:
                break
            with LOCK:
                call.body.put(part)
            while call.body.size > 16 * LONGEST_ANSWER and name in GW.calls:
                time.sleep(0.01)
    except (OSError, http.client.HTTPException):
        pass
    finally:
        answer.close()
        turn(lambda: settle(GW, name, {'fault': 'unreachable'}))


class Handler(BaseHTTPRequestHandler):
    """Any method, any path below the mount."""
    protocol_version = 'HTTP/1.1'

    def serve(self):
        length = self.headers.get('content-length') or '0'
        if not length.isdigit() or int(length) > 2 * GW.limits['maxBatchBytes']:
            self.close_connection = True
            return self.answer(*answer_problem(Refusal('body-too-large', 'too long'), MOUNT))
        body = self.body(int(length))
        if body is None:
            self.close_connection = True
            return self.answer(*late_body(GW))
        path = self.path
        if path != MOUNT and not path.startswith((MOUNT + '/', MOUNT + '?')):
            return self.answer(*answer_problem(Refusal('route-unknown', 'outside the mount'), MOUNT))
        answers = queue.Queue()
        reply = Reply(answers.put)
        found = turn(lambda: http_binding.handle(GW, self.command, path[len(MOUNT):], list(self.headers.items()),
                                                 body, reply, self.client_address[0]))
        try:
            self.pass_answer(*(found or self.wait_for(answers)))
        except OSError:
            self.close_connection = True
            turn(reply.gone)

    def wait_for(self, answers):
        """The answer to a request that waits, as long as whoever asked is there (PULL-009)."""
        while True:
            try:
                return answers.get(timeout=0.1)
            except queue.Empty:
                is_readable = select.select([self.connection], [], [], 0)[0]
                if is_readable and not self.connection.recv(1, socket.MSG_PEEK):
                    raise ConnectionError('whoever asked has gone') from None

    def pass_answer(self, status, headers, body):
        if isinstance(body, Body):
            if self.command != 'HEAD' and status not in (204, 304):
                return self.stream(status, headers, body)
            with LOCK:
                body.end()
            body = b''
        self.answer(status, headers, body)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header('content-length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def body(self, length):
        """The body, or None if it does not come in time (HTTP-009)."""
        until, parts, left = time.monotonic() + GW.bounds['bodyMs'] / 1000, [], length
        try:
            while left:
                self.connection.settimeout(max(0.001, until - time.monotonic()))
                part = self.rfile.read1(left)
                if not part:
                    return None
                parts.append(part)
                left -= len(part)
        except TimeoutError:
            return None
        finally:
            self.connection.settimeout(None)
        return b''.join(parts)

    def stream(self, status, headers, body):
        """A body that comes bit by bit, until it ends or its reader is gone."""
        more = threading.Event()
        body.more = more.set
        self.connection.settimeout(60)
        try:
            self.send_response(status)
            for name, value in {**headers, 'transfer-encoding': 'chunked'}.items():
                self.send_header(name, value)
            self.end_headers()
            while True:
                with LOCK:
                    data, is_ended = body.take(), body.is_ended
                    more.clear()
                if data:
                    self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
                if is_ended:
                    self.wfile.write(b'0\r\n\r\n')
                    return
                more.wait()
        except OSError:
            self.close_connection = True
        finally:
            with LOCK:
                body.end()

    def log_message(self, *told):
        pass

    def __getattr__(self, name):
        if name.startswith('do_'):
            return self.serve
        raise AttributeError(name)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding='utf-8') as told:
            GW.access = Access(json.load(told), Lookup())
    if len(sys.argv) > 2 and sys.argv[2] != '-':
        GW.store = Store(sys.argv[2])
        recover(GW)
    server = ThreadingHTTPServer(('0.0.0.0' if GW.access else '127.0.0.1', port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('http://127.0.0.1:%d%s' % (server.server_port, MOUNT), flush=True)
    while True:
        time.sleep(0.02)
        turn(GW.store and GW.store.trim)


if __name__ == '__main__':
    main()

"""A gateway in open mode on loopback, with http.server around `http_binding`: python3 serve.py [port [directory]].

With a directory for its store it takes CRITICAL; what of that is unfinished is taken up again when it is restarted.
"""
import http.client
import json
import queue
import random
import secrets
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_binding
from deliver import dispatch
from gateway import advance, look, new_gateway, settle
from problem import answer_problem
from recover import recover
from refusal import Refusal
from store import Store

MOUNT = '/bus'
LOCK = threading.RLock()
LONGEST_ANSWER = 65536
STREAM_BOUND = 1000


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


def send(event):
    """One call out; no redirect is followed (RET-040), the answer's body is cut off (RET-043)."""
    request = event['request']
    url = urllib.parse.urlsplit(request['url'])
    kind = http.client.HTTPSConnection if url.scheme == 'https' else http.client.HTTPConnection
    try:
        connection = kind(url.hostname, url.port, timeout=60)
        connection.request(request['method'], (url.path or '/') + ('?' + url.query if url.query else ''),
                           request['body'].encode('utf-8'), request['headers'])
        answer = connection.getresponse()
        told = {'status': answer.status, 'headers': {name.lower(): value for name, value in answer.getheaders()},
                'body': answer.read(LONGEST_ANSWER).decode('utf-8', 'replace')}
        connection.close()
    except (OSError, http.client.HTTPException):
        told = {'fault': 'unreachable'}
    turn(lambda: settle(GW, event['call'], told))


class Handler(BaseHTTPRequestHandler):
    """Any method, any path below the mount."""
    protocol_version = 'HTTP/1.1'

    def serve(self):
        length = self.headers.get('content-length') or '0'
        if not length.isdigit() or int(length) > 2 * GW.limits['maxBatchBytes']:
            self.close_connection = True
            return self.answer(*answer_problem(Refusal('body-too-large', 'too long'), MOUNT))
        body = self.rfile.read(int(length))
        path = self.path
        if path != MOUNT and not path.startswith((MOUNT + '/', MOUNT + '?')):
            return self.answer(*answer_problem(Refusal('route-unknown', 'outside the mount'), MOUNT))
        answers = queue.Queue()
        found = turn(lambda: http_binding.handle(GW, self.command, path[len(MOUNT):], list(self.headers.items()),
                                                 body, answers.put))
        status, headers, body = found or answers.get()
        if headers.get('content-type') == 'text/event-stream' and self.command == 'GET':
            return self.stream(headers)
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

    def stream(self, headers):
        """Server-Sent Events until the reader goes or is too slow (HTTP-051, HTTP-052, HTTP-054)."""
        waiting, slow = queue.Queue(STREAM_BOUND), threading.Event()

        def sink(event):
            try:
                waiting.put_nowait(event)
            except queue.Full:
                slow.set()
        GW.streams.append(sink)
        self.close_connection = True
        try:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            while not slow.is_set():
                try:
                    event = waiting.get(timeout=15)
                    self.wfile.write(('event: %s\ndata: %s\n\n' % (event['kind'], json.dumps(event))).encode())
                except queue.Empty:
                    self.wfile.write(b': idle\n\n')
                self.wfile.flush()
        except OSError:
            pass
        finally:
            GW.streams.remove(sink)

    def log_message(self, *told):
        pass

    def __getattr__(self, name):
        if name.startswith('do_'):
            return self.serve
        raise AttributeError(name)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    if len(sys.argv) > 2:
        GW.store = Store(sys.argv[2])
        recover(GW)
    server = ThreadingHTTPServer(('127.0.0.1', port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('http://127.0.0.1:%d%s' % (server.server_port, MOUNT), flush=True)
    while True:
        time.sleep(0.02)
        turn(GW.store and GW.store.trim)


if __name__ == '__main__':
    main()

"""The gateway: one state, its clock, its calls out and its trace."""
import random
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import envelope
from grammar import PRIORITIES
from guard import LOOPBACK
from policy import policy_of
from refusal import Refusal
from schedule import ANSWER, TIMEOUT, Schedule, forget, next_at, take_due, wake

OWN_SOURCE = '/bellhop'
NUMBERS = {'capacity': (10000, 1), 'maxInFlight': (64, 1), 'maxDeadLetters': (10000, 1),
           'maxDurableBytes': (67108864, 1), 'maxRecordBytes': (1048576, 98304),
           'healthIntervalMs': (10000, 0)}
BOUNDS = {'waits': 1000, 'calls': 256, 'pulls': 10000, 'streamBytes': 1048576, 'bodyMs': 30000, 'commentMs': 15000}


@dataclass(eq=False, repr=False)
class Gateway:
    """All that a gateway in memory knows. Time and draws are given."""
    now: int
    draw: Callable[[], float]
    token: Callable[[], str]
    pick: random.Random
    policies: dict
    limits: dict
    capacity: int
    max_in_flight: int
    max_dead_letters: int
    max_durable_bytes: int
    max_record_bytes: int
    health_interval_ms: int
    horizon_ms: int
    bounds: dict
    mount: str = ''
    closing: bool = False
    schedule: Schedule = field(default_factory=Schedule)
    events: list = field(default_factory=list)
    calls: dict = field(default_factory=dict)
    calls_made: int = 0
    services: dict = field(default_factory=dict)
    leases: dict = field(default_factory=dict)
    instances: int = 0
    messages: dict = field(default_factory=dict)
    remembered: OrderedDict = field(default_factory=OrderedDict)
    targets: dict = field(default_factory=dict)
    ready: deque = field(default_factory=deque)
    letters: OrderedDict = field(default_factory=OrderedDict)
    letters_dropped: int = 0
    durable_letters: OrderedDict = field(default_factory=OrderedDict)
    moving: set = field(default_factory=set)
    remembered_durable: OrderedDict = field(default_factory=OrderedDict)
    used: dict = field(default_factory=dict)
    store: Any = None
    access: Any = None
    made: int = 0
    unfinished: int = 0
    watchers: list = field(default_factory=list)
    streams: list = field(default_factory=list)
    discoveries: int = 0
    proxied: int = 0
    tickets: dict = field(default_factory=dict)
    fed: list = field(default_factory=list)
    handed_out: int = 0
    asking: int = 0
    asked: int = 0

    @property
    def guard(self):
        return self.access.guard if self.access else LOOPBACK


@dataclass
class Call:
    """A call out that is waited for."""
    done: Callable[[Any], None]
    working: Optional[Callable[[], None]] = None
    timer: Any = None
    begun: Optional[Callable[[Any], None]] = None
    raw: bytes = b''
    body: Any = None


def new_gateway(now_ms, draws, options, token, pick):
    """A gateway with the options of `start` (control.md), all else by default."""
    values, bounds = {}, dict(BOUNDS)
    for name, (default, least) in NUMBERS.items():
        value = options.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise Refusal('argument-invalid', 'outside its range', field=name)
        values[name] = value
    for name, value in (options.get('bounds') or {}).items():
        if name not in BOUNDS or not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise Refusal('argument-invalid', 'outside its range', field=name)
        bounds[name] = value
    if values['maxInFlight'] > 10000:
        raise Refusal('argument-invalid', 'outside its range', field='maxInFlight')
    fields = options.get('policy') or {}
    if 'retries' in fields:
        raise Refusal('argument-invalid', 'the priority decides', field='retries')
    policies = {each: policy_of(each, fields) for each in PRIORITIES}
    place = [0]

    def draw():
        number = draws[place[0] % len(draws)]
        place[0] += 1
        return number

    return Gateway(now_ms, draw, token, pick, policies, envelope.limits_of(options.get('limits')),
                   values['capacity'], values['maxInFlight'], values['maxDeadLetters'],
                   values['maxDurableBytes'], values['maxRecordBytes'],
                   values['healthIntervalMs'], max(600000, 2 * policies['NORMAL']['capMs']), bounds,
                   options.get('mount', ''))


def trace(gw, kind, **members):
    """Tells one step (BUS-106)."""
    event = {'kind': kind, 'atMs': gw.now, **{name: each for name, each in members.items() if each is not None}}
    gw.events.append({'kind': 'trace', 'event': event})
    for stream in list(gw.streams):
        stream.tell(event)


def call_out(gw, what, done, members, timeout_ms, working=None, timed_out='timeout'):
    """Begins a call; `done(answer)` hears its answer, or the fault `timeout` in the end."""
    gw.calls_made += 1
    name = 'c%d' % gw.calls_made
    gw.events.append({'kind': 'call', 'call': name, 'for': what, 'atMs': gw.now, **members})
    call = gw.calls[name] = Call(done, working)

    def end():
        if gw.calls.pop(name, None):
            done({'fault': timed_out})
    call.timer = wake(gw.schedule, gw.now + timeout_ms, TIMEOUT, end)
    return name


def settle(gw, name, answer):
    """Answers a call; false if it is no longer waited for (BUS-034, BUS-035)."""
    call = gw.calls.get(name)
    if call is None:
        return False
    if answer.get('unfinished'):
        # but for the proxy the body is part of the answer: the timeout goes on (RET-042)
        if call.begun:
            call.begun(answer)
        return True
    if answer.get('verdict') == 'working':
        if call.working:
            call.working(call)
        return True
    del gw.calls[name]
    forget(call.timer)
    call.done(answer)
    return True


def advance(gw, to_ms, dispatch):
    """Lets time pass to the first moment with something to tell (control.md, Time)."""
    while not gw.events:
        at = next_at(gw.schedule)
        if at is None or at > to_ms:
            gw.now = max(gw.now, to_ms)
            return
        gw.now = max(gw.now, at)
        while True:
            due = take_due(gw.schedule, gw.now)
            if due is None:
                dispatch(gw)
                if next_at(gw.schedule) is None or next_at(gw.schedule) > gw.now:
                    break
                continue
            due[3](*due[4])


def watch(gw, is_over, tell, limit_ms):
    """Tells once something is over, or `limit_ms` from now (HTTP-020, HTTP-021, HTTP-071)."""
    watcher = [is_over, tell, None]

    def end():
        gw.watchers.remove(watcher)
        tell(False)
    watcher[2] = wake(gw.schedule, gw.now + limit_ms, ANSWER, end)
    gw.watchers.append(watcher)


def look(gw):
    """Answers the watchers whose wait is over."""
    for watcher in list(gw.watchers):
        if watcher[0]():
            gw.watchers.remove(watcher)
            forget(watcher[2])
            watcher[1](True)

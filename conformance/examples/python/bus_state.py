"""Messages, deliveries and targets as the bus keeps them."""
import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Optional

from grammar import PRIORITIES
from json_text import canonical


@dataclass(eq=False, repr=False)
class Message:
    """An accepted envelope (BUS-011: never changed)."""
    envelope: dict
    key: tuple
    kind: str
    priority: str
    accepted_ms: int
    fingerprint: str
    expiry_ms: Optional[int] = None
    target_instance: Optional[str] = None
    publisher: Optional[tuple] = None
    is_receipt: bool = False
    prefers: Optional[str] = None
    deliveries: list = field(default_factory=list)
    open: int = 0
    forget_ms: Optional[int] = None
    expiry_timer: Any = None
    number: int = 0
    principal: str = ''
    size: int = 0
    is_charged: bool = False
    flush: Any = None

    @property
    def is_durable(self):
        return self.priority == 'CRITICAL'


@dataclass(eq=False, repr=False)
class Delivery:
    """One message on its way to one receiver, in one run."""
    message: Message
    receiver: str
    run: int
    number: int
    start_ms: int
    state: str = 'new'
    attempts: int = 0
    last_error: Optional[str] = None
    next_ms: Optional[int] = None
    outcome: Optional[str] = None
    marked: Optional[str] = None
    history: list = field(default_factory=list)
    instance: Any = None
    failed_on: Optional[str] = None
    is_probe: bool = False
    due_timer: Any = None
    elapsed_timer: Any = None
    wait_ms: Optional[int] = None
    end: Optional[dict] = None
    in_line: bool = False
    order: int = 0

    @property
    def priority(self):
        return self.message.priority

    @property
    def lane(self):
        """The key of its lane within the target, or None (priority.md, Lanes)."""
        key = self.message.envelope.get('partitionkey')
        return None if key is None else (self.priority, key)

    @property
    def id(self):
        """The same in every attempt of this delivery and in no other (BUS-080, HTTP-059)."""
        return 'dlv_' + hashed(*self.message.key, self.receiver, self.run)


@dataclass(eq=False, repr=False)
class Target:
    """One receiving service: queues, cursor, lanes, slots."""
    name: str
    queues: dict = field(default_factory=lambda: {each: deque() for each in PRIORITIES})
    lanes: dict = field(default_factory=dict)
    deliveries: dict = field(default_factory=dict)
    counted: int = 0
    cursor: int = 0
    running: int = 0
    is_ready: bool = False


def hashed(*parts):
    return hashlib.sha256(canonical(list(parts)).encode('utf-8', 'surrogatepass')).hexdigest()[:28]


def about(message):
    """The members `message` of a trace event."""
    return {'source': message.key[0], 'id': message.key[1], 'type': message.kind, 'priority': message.priority}


def step(delivery):
    """The members `message` and `delivery` of a trace event."""
    return {**about(delivery.message), 'receiver': delivery.receiver, 'run': delivery.run}


def status_of(message):
    """The status of a message (BUS-061, BUS-062)."""
    return {'source': message.key[0], 'id': message.key[1], 'type': message.kind, 'priority': message.priority,
            'acceptedMs': message.accepted_ms, 'deliveries': [line_of(each) for each in message.deliveries]}


def line_of(delivery):
    told = {'receiver': delivery.receiver, 'run': delivery.run, 'state': delivery.state}
    if delivery.outcome:
        told['outcome'] = delivery.outcome
    told['attempts'] = delivery.attempts
    if delivery.last_error:
        told['lastError'] = delivery.last_error
    if delivery.state in ('waiting', 'deferred', 'delayed'):
        told['nextAttemptMs'] = delivery.next_ms
    return told

"""Attempts that were handed out, and how they end (PULL-009, PULL-013 to PULL-016)."""
from dataclasses import dataclass
from typing import Any

import bus_end
import deliver
from bus_state import step
from gateway import trace
from queue_round import take_out
from schedule import TIMEOUT, forget, wake
from verdict import Judged

GRACE_MS = 1000


@dataclass(eq=False)
class Ticket:
    """Names one attempt; told to nobody but the instance that was given it."""
    name: str
    delivery: Any
    target: Any
    asker: Any
    lease_ms: int
    timer: Any = None

    @property
    def holder(self):
        """The instance that may answer: by its name, so that it may do so after it registered anew."""
        return self.asker.instance.service, self.asker.instance.name


def hand_out(gw, target, delivery, asker):
    """An attempt begins, on who asks (PULL-006)."""
    take_out(target, delivery)
    deliver.count(gw, target, delivery, asker.instance)
    asker.instance.in_flight += 1
    gw.handed_out += 1
    asker.instance.given_at = gw.handed_out
    lease_ms = gw.policies[delivery.priority]['attemptTimeoutMs'] + GRACE_MS
    ticket = Ticket('%s.%s' % (delivery.id, gw.token()[:22]), delivery, target, asker, lease_ms)
    gw.tickets[ticket.name] = ticket
    begin_lease(gw, ticket)
    asker.give(ticket)


def shown(ticket):
    """A delivery as it is handed out (PULL-004)."""
    delivery = ticket.delivery
    return {'ticket': ticket.name, 'delivery': delivery.id, 'attempt': delivery.attempts, 'leaseMs': ticket.lease_ms,
            'envelope': delivery.message.envelope}


def begin_lease(gw, ticket):
    """The lease of an attempt, from now (PULL-014, PULL-015)."""
    forget(ticket.timer)
    ticket.timer = wake(gw.schedule, gw.now + ticket.lease_ms, TIMEOUT, settle, gw, ticket,
                        Judged('nak', 'lease-expired'), False)


def answer(gw, instance, name, verdict, delay_ms=None):
    """Settles an attempt; whether it was held (PULL-012, PULL-013, PULL-016)."""
    ticket = gw.tickets.get(name)
    if ticket is None or ticket.holder != (instance.service, instance.name):
        return False
    if verdict == 'working':
        begin_lease(gw, ticket)
    else:
        reason, asked_ms = (None if verdict == 'ack' else verdict), (delay_ms if verdict == 'nak' else None)
        settle(gw, ticket, Judged(verdict, reason, asked_ms), True)
    return True


def settle(gw, ticket, judged, is_answer):
    close(gw, ticket)
    deliver.settled(gw, ticket.target, ticket.delivery, judged, is_answer)


def close(gw, ticket):
    """That attempt is over."""
    del gw.tickets[ticket.name]
    forget(ticket.timer)
    ticket.asker.freed(ticket)


def give_back(gw, ticket):
    """Nobody was sent it: held back at no charge, and at once to be had by another (PULL-009)."""
    if ticket.name not in gw.tickets:
        return
    close(gw, ticket)
    target, delivery = ticket.target, ticket.delivery
    ticket.asker.instance.in_flight -= 1
    target.running -= 1
    delivery.attempts -= 1
    delivery.instance = None
    deliver.mark_ready(gw, target)
    if delivery.marked:
        bus_end.end(gw, delivery, delivery.marked)
    elif bus_end.is_elapsed(gw, delivery):
        bus_end.end(gw, delivery, 'exhausted', 'max-elapsed')
    else:
        trace(gw, 'deferred', **step(delivery), reason='instance-absent', delayMs=0)
        deliver.due(gw, delivery)

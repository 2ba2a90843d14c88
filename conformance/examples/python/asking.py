"""Who asks for deliveries, and whose turn it is (PULL-005 to PULL-008, PULL-022).

An asker is a request that waits or a stream: it has `instance`, `number`, the `room` that it has left, `give(ticket)`,
`freed(ticket)` once that is answered for, and `close(code)` by which the gateway ends it.
"""
from bus_end import target_of
from grammar import PRIORITIES
from queue_round import ROUND
from refusal import Refusal


def join(gw, asker):
    """Begins to ask; what is queued may go on."""
    from deliver import mark_ready
    if gw.asking >= gw.bounds['pulls']:
        raise Refusal('too-many-streams', 'as many requests and streams as may be', retry_after_ms=1000)
    gw.asking += 1
    gw.asked += 1
    asker.number = gw.asked
    gw.services[asker.instance.service].askers.append(asker)
    mark_ready(gw, target_of(gw, asker.instance.service))


def leave(gw, asker):
    """Asks no more."""
    service = gw.services.get(asker.instance.service)
    if service and asker in service.askers:
        service.askers.remove(asker)
    gw.asking -= 1


def close_all(askers, code=None):
    """The gateway ends some of them: their lease is gone (PULL-011, PULL-021), or it is closing."""
    for each in list(askers):
        each.close(code)


def next_up(gw, target, service):
    """(delivery, who is to have it), as a push would take it, or None (PULL-006)."""
    from deliver import candidates
    free = [each for each in service.askers if each.room > 0]
    if not free:
        return None
    for priority in (ROUND[target.cursor], *reversed(PRIORITIES)):
        for delivery in target.queues[priority]:
            able = candidates(service, delivery)
            who = [each for each in free if each.instance in able]
            if who:
                return delivery, min(who, key=lambda each: place_of(delivery, each))
    return None


def place_of(delivery, asker):
    """Others than the one that failed come first, then whoever was given nothing for longest (PULL-008)."""
    return asker.instance.name == delivery.failed_on, asker.instance.given_at, asker.number

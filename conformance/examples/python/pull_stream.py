"""A stream of deliveries: Server-Sent Events (PULL-017 to PULL-021)."""
import asking
from deliver import dispatch, mark_ready
from json_text import write_json
from registry import renew
from schedule import ANSWER, forget, wake
from stream import Body
from ticket import give_back, shown

LONGEST_UNREAD = 1048576


class PullStream(Body):
    """At most `most` of its deliveries are out at once; who reads keeps the lease."""

    def __init__(self, gw, instance, most):
        super().__init__(self.leave)
        self.gw, self.instance, self.most, self.number = gw, instance, most, 0
        self.out, self.unread, self.timer, self.is_closed = set(), [], None, False
        asking.join(gw, self)
        self.rest()

    @property
    def room(self):
        return 0 if self.size >= LONGEST_UNREAD else self.most - len(self.out)

    def give(self, ticket):
        self.out.add(ticket)
        self.unread.append(ticket)
        self.put(event_of('delivery', shown(ticket)))
        self.rest()

    def freed(self, ticket):
        self.out.discard(ticket)

    def rest(self):
        """A comment if nothing comes for a while, and often enough to keep the lease."""
        forget(self.timer)
        idle_ms = min(self.gw.bounds['commentMs'], self.instance.lease_ms // 3)
        self.timer = wake(self.gw.schedule, self.gw.now + idle_ms, ANSWER, self.idle)

    def idle(self):
        if self.size < LONGEST_UNREAD:
            self.put(b': idle\n\n')
        self.rest()

    def take(self):
        """Its reader is there: that keeps the lease (PULL-020)."""
        was_full, self.unread = self.size >= LONGEST_UNREAD, []
        data = super().take()
        if not self.is_ended:
            renew(self.gw, self.instance, 'request', is_told=False)
        if was_full and not self.is_ended:
            mark_ready(self.gw, self.gw.targets[self.instance.service])
            dispatch(self.gw)
        return data

    def close(self, code=None):
        """Ended by the gateway; what it holds may still be read (PULL-021)."""
        self.is_closed = True
        if code:
            self.put(event_of('ended', {'code': code}))
        self.end()

    def leave(self):
        """It is over; without its reader, what was never read goes to others (PULL-009)."""
        forget(self.timer)
        asking.leave(self.gw, self)
        if not self.is_closed:
            for each in self.unread:
                give_back(self.gw, each)


def event_of(kind, data):
    return ('event: %s\ndata: %s\n\n' % (kind, write_json(data))).encode('utf-8', 'surrogatepass')

"""A request for deliveries that may wait for the first of them (PULL-004, PULL-005, PULL-009)."""
import asking
from deliver import dispatch
from refusal import Refusal
from registry import renew
from request import answer_json
from schedule import ANSWER, POLL, forget, wake
from ticket import give_back, shown

MAX_WAITING = 16


class Poll:
    """Takes up to `most` deliveries of one moment."""

    def __init__(self, gw, instance, most):
        self.gw, self.instance, self.most, self.given, self.number = gw, instance, most, [], 0
        self.tell, self.timer, self.renewal, self.is_over = None, None, None, False

    @property
    def room(self):
        return self.most - len(self.given)

    def give(self, ticket):
        self.given.append(ticket)
        self.gw.fed.append(self)

    def freed(self, ticket):
        pass

    def keep_lease(self):
        """Somebody is there, who waits (PULL-024)."""
        self.renewal = wake(self.gw.schedule, self.gw.now + self.instance.lease_ms // 3, ANSWER, self.renew)

    def renew(self):
        renew(self.gw, self.instance, 'request', is_told=False)
        self.keep_lease()

    def end(self):
        """Asks no more; whether it did until now."""
        if self.is_over:
            return False
        self.is_over = True
        forget(self.timer)
        forget(self.renewal)
        asking.leave(self.gw, self)
        return True

    def answer(self):
        """Ends with what it was given."""
        self.end()
        return answer_of(self.given)

    def finish(self):
        """Answers a request that waits: there is something, or the time has passed."""
        if self.tell and not self.is_over:
            self.tell(lambda _: self.answer())(None)

    def close(self, code=None):
        if self.end() and self.tell:
            refusal = Refusal(code, 'no instance holds that lease any more', retry_after_ms=1000) if code else None
            self.tell(lambda _: answer_of(self.given))(refusal)

    def gone(self):
        """Whoever asked has gone, and has seen nothing of it."""
        self.end()
        for each in self.given:
            give_back(self.gw, each)


def answer_of(tickets):
    return answer_json(200, {'deliveries': [shown(each) for each in tickets]}, headers={'cache-control': 'no-store'})


def ask(gw, instance, most, wait_ms, request):
    """The answer to a request for deliveries, or None if it waits."""
    poll = Poll(gw, instance, most)
    asking.join(gw, poll)
    request.reply.gone = poll.gone
    dispatch(gw)
    if poll.given or not wait_ms:
        return poll.answer()
    poll.tell = request.tell
    poll.keep_lease()
    poll.timer = wake(gw.schedule, gw.now + wait_ms, POLL, poll.finish)
    waiting = [each for each in gw.services[instance.service].askers
               if isinstance(each, Poll) and each.instance is instance]
    for each in waiting[:-MAX_WAITING]:
        each.finish()
    return None

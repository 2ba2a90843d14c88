"""Bodies that come bit by bit: of proxied answers, and of the trace (HTTP-051 to HTTP-054, HTTP-084)."""
from json_text import write_json
from refusal import Refusal
from schedule import ANSWER, forget, wake

MAX_STREAMS = 16


class Body:
    """What a reader has not taken yet. `more` hears of more, `over` of the end, once."""

    def __init__(self, over=lambda: None):
        self.more, self.over, self.parts, self.size, self.is_ended = lambda: None, over, [], 0, False

    def put(self, data):
        if not self.is_ended:
            self.parts.append(data)
            self.size += len(data)
            self.more()

    def take(self):
        """All that has come since."""
        data, self.parts, self.size = b''.join(self.parts), [], 0
        return data

    def end(self):
        """It is over, or its reader is gone."""
        if not self.is_ended:
            self.is_ended = True
            self.over()
            self.more()


class Stream(Body):
    """A trace stream: Server-Sent Events; it ends when its reader leaves too much."""

    def __init__(self, gw, owner=None):
        if len(gw.streams) >= MAX_STREAMS:
            raise Refusal('too-many-streams', 'as many streams are open as may be', retry_after_ms=1000)
        super().__init__(lambda: (forget(self.timer), gw.streams.remove(self)))
        self.gw, self.owner, self.timer = gw, owner, None
        gw.streams.append(self)
        self.rest()

    def write(self, text):
        data = text.encode('utf-8', 'surrogatepass')
        if self.size + len(data) > self.gw.bounds['streamBytes']:
            self.end()
        else:
            self.put(data)
            self.rest()

    def tell(self, event):
        self.write('event: %s\ndata: %s\n\n' % (event['kind'], write_json(event)))

    def rest(self):
        """A comment if nothing comes for a while."""
        forget(self.timer)
        self.timer = wake(self.gw.schedule, self.gw.now + self.gw.bounds['commentMs'], ANSWER, self.write, ': idle\n\n')

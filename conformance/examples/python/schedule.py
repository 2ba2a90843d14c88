"""Wake-ups in a heap, by time, then by rank, then by order of asking."""
import heapq
from dataclasses import dataclass, field

# what is due at one instant: ends come before what they would end
EXPIRY, ELAPSED, POLL, LEASE, TIMEOUT, DUE, CHECK, ANSWER = range(8)


@dataclass
class Schedule:
    heap: list = field(default_factory=list)
    asked: int = 0


def wake(schedule, at_ms, rank, what, *args):
    """Asks for `what(*args)` at a time; gives the wake-up, for `forget`."""
    schedule.asked += 1
    entry = [at_ms, rank, schedule.asked, what, args]
    heapq.heappush(schedule.heap, entry)
    return entry


def forget(entry):
    """Takes a wake-up back."""
    if entry is not None:
        entry[3] = None


def next_at(schedule):
    """The time of the next wake-up, or None."""
    while schedule.heap and schedule.heap[0][3] is None:
        heapq.heappop(schedule.heap)
    return schedule.heap[0][0] if schedule.heap else None


def take_due(schedule, now_ms):
    """The next wake-up that is due, or None."""
    at = next_at(schedule)
    if at is None or at > now_ms:
        return None
    return heapq.heappop(schedule.heap)

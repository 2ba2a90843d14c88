"""The round of 15, lanes and capacity of one target (PRI-018 to PRI-041)."""
from collections import deque

from grammar import PRIORITIES

ROUND = ('CRITICAL', 'HIGH', 'CRITICAL', 'NORMAL', 'CRITICAL', 'HIGH', 'CRITICAL', 'LOW',
         'CRITICAL', 'HIGH', 'CRITICAL', 'NORMAL', 'CRITICAL', 'HIGH', 'CRITICAL')


def turn_of(target):
    """The priority to be served at the cursor's place, or None (PRI-020, PRI-021)."""
    wanted = ROUND[target.cursor]
    if target.queues[wanted]:
        return wanted
    for priority in reversed(PRIORITIES):
        if target.queues[priority]:
            return priority
    return None


def take(target, priority):
    """Takes the head of a queue and moves the cursor one place on (PRI-022)."""
    target.cursor = (target.cursor + 1) % len(ROUND)
    return target.queues[priority].popleft()


def take_out(target, delivery):
    """Takes a delivery out of its queue, wherever it stands, and moves the cursor likewise (PULL-007)."""
    target.cursor = (target.cursor + 1) % len(ROUND)
    unqueue(target, delivery)


def add(target, delivery):
    """Counts a new unfinished delivery; receipts are kept apart (PRI-034)."""
    target.deliveries[delivery.number] = delivery
    if not delivery.message.is_receipt:
        target.counted += 1


def drop(target, delivery):
    """Takes an ended delivery out."""
    if target.deliveries.pop(delivery.number, None) and not delivery.message.is_receipt:
        target.counted -= 1


def enter(target, delivery):
    """To the tail of its lane, and of its priority's queue if it heads the lane (PRI-026, PRI-031)."""
    lane = delivery.lane
    if lane is not None:
        line = target.lanes.setdefault(lane, deque())
        line.append(delivery)
        delivery.in_line = True
        if line[0] is not delivery:
            delivery.state = 'blocked'
            return
    join(target, delivery)


def join(target, delivery):
    """To the tail of its priority's queue (PRI-019, PRI-030)."""
    delivery.state = 'queued'
    target.queues[delivery.priority].append(delivery)


def unqueue(target, delivery):
    """Out of the queue of its priority; its lane is held until it has its outcome."""
    if delivery.state == 'queued':
        target.queues[delivery.priority].remove(delivery)


def leave(target, delivery):
    """Out of its lane; the next of the lane is released (PRI-029)."""
    if not delivery.in_line:
        return
    delivery.in_line = False
    line = target.lanes[delivery.lane]
    was_head = line[0] is delivery
    line.remove(delivery)
    if not line:
        del target.lanes[delivery.lane]
    elif was_head:
        join(target, line[0])


def room_for(target, priority, capacity):
    """(True, None), (True, who must be evicted) or (False, None) (PRI-034 to PRI-036)."""
    if target is None or target.counted < capacity:
        return True, None
    for lower in PRIORITIES[:PRIORITIES.index(priority)]:
        able = [each for each in target.queues[lower] if not each.message.is_receipt]
        if able and lower != 'CRITICAL':
            return True, max(able, key=lambda each: each.number)
    return False, None

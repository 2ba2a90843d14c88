"""The round and the turn among targets, under chance."""
import random
import unittest
from collections import deque

from bus_state import Target
from driver import Driver
from grammar import PRIORITIES
from queue_round import ROUND, take, turn_of

WEIGHTS = {'CRITICAL': 8, 'HIGH': 4, 'NORMAL': 2, 'LOW': 1}


class Round(unittest.TestCase):
    def test_shares(self):
        self.assertEqual({each: ROUND.count(each) for each in PRIORITIES}, WEIGHTS)

    def test_bound(self):
        """PRI-024: place p of a queue starts within ceil(15/w) * p dispatches."""
        for seed in range(200):
            chance = random.Random(seed)
            target, number, due = Target('b'), 0, {}
            dispatched = 0
            for _ in range(300):
                for _ in range(chance.choice((0, 0, 1, 3))):
                    priority = chance.choice(PRIORITIES)
                    target.queues[priority].append(number)
                    place = len(target.queues[priority])
                    due[number] = dispatched + -(-15 // WEIGHTS[priority]) * place
                    number += 1
                priority = turn_of(target)
                if priority:
                    dispatched += 1
                    self.assertLessEqual(dispatched, due[take(target, priority)])

    def test_targets_in_turn(self):
        """PRI-017: between two dispatches of a target every other is dispatched at most once."""
        driver = Driver(maxInFlight=1)
        names = 'abcd'
        for name in names:
            driver.service(name)
        for number in range(30):
            driver.publish('m%d' % number)
        for _ in range(100):
            call = random.Random(1).choice(driver.open_calls())
            driver.settle(call['call'])
        started = [each['receiver'] for each in driver.trace if each['kind'] == 'attempt']
        self.assertEqual(started[:4], list(names))
        self.assertEqual(deque(started[:4]), deque('abcd'))

    def test_fast(self):
        driver = Driver()
        driver.service('b')
        for number in range(3000):
            driver.publish('m%d' % number, partitionkey='%d' % (number % 100))
        while driver.open_calls():
            for call in list(driver.calls):
                driver.settle(call)
        self.assertEqual(driver.session.gw.unfinished, 0)


if __name__ == '__main__':
    unittest.main()

"""All vectors (conformance)."""
import unittest

from ask import QUESTIONS, ask
from driver import Driver
from run_vectors import VECTORS, expand, failures
import json


class Vectors(unittest.TestCase):
    def test_questions(self):
        for about in QUESTIONS:
            if (VECTORS / (about + '.json')).exists():
                with self.subTest(about):
                    self.assertEqual([each[0]['id'] for each in failures(about, ask)], [])

    def test_order(self):
        """PRI-018 to PRI-025: the order vectors, with one slot."""
        for vector in json.loads((VECTORS / 'order.json').read_text())['vectors']:
            given = expand(vector['input'])
            if any(priority == 'CRITICAL' for priority, _ in given['queued']):
                self.check_round(vector, given)
                continue
            driver = Driver(policy={'maxElapsedMs': None})
            driver.service('b', maxInFlight=1)
            driver.publish('first', priority='LOW')
            driver.session.gw.targets['b'].cursor = 0
            number = 0
            for priority, times in given['queued']:
                for _ in range(times):
                    driver.publish('%d' % number, priority=priority)
                    number += 1
            started = []
            while driver.open_calls():
                call = driver.open_calls()[0]
                started.append(call['envelope']['id'])
                driver.settle(call['call'])
            self.assertEqual(started[1:], [str(each) for each in vector['expect']['started']], vector['title'])

    def check_round(self, vector, given):
        """CRITICAL cannot be published here: the round alone."""
        from bus_state import Target
        from queue_round import take, turn_of
        target, number = Target('b'), 0
        for priority, times in given['queued']:
            for _ in range(times):
                target.queues[priority].append(number)
                number += 1
        started = []
        while turn_of(target):
            started.append(take(target, turn_of(target)))
        self.assertEqual(started, vector['expect']['started'], vector['title'])


if __name__ == '__main__':
    unittest.main()

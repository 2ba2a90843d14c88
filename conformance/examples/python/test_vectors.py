"""All vectors (conformance)."""
import json
import unittest

from ask import QUESTIONS, ask
from driver import Driver
from run_vectors import VECTORS, expand, failures


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
            driver = Driver(store='durable', policy={'maxElapsedMs': None})
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
            driver.do('stop')


if __name__ == '__main__':
    unittest.main()

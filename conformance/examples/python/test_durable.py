"""CRITICAL: what is flushed when, what fails with the disk, and what a restart finds."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from driver import NOW, Driver
from refusal import Refusal
from store import HEAD, Store


def critical(driver, key='m', **more):
    return driver.publish(key, priority='CRITICAL', **more)


class Flow(unittest.TestCase):
    def setUp(self):
        self.driver = Driver(store='durable')
        self.driver.service('b')

    def tearDown(self):
        self.driver.do('stop')

    def restart(self, now=NOW):
        told = self.driver.do('store', action='crash')
        self.driver.calls.clear()
        self.driver.do('start', nowMs=now, draws=[0.5], options={'healthIntervalMs': 0}, keep=True)
        return told

    def test_flushed_first(self):
        """BUS-010, BUS-011, BUS-055: no 202 and no attempt before the flush."""
        driver = self.driver
        driver.do('store', action='hold')
        first = critical(driver)
        again = critical(driver)
        self.assertEqual(driver.kinds('m'), [])
        driver.do('store', action='release')
        self.assertEqual(driver.answers[first['seq']]['ok']['durability'], 'flushed')
        self.assertTrue(driver.answers[again['seq']]['ok']['duplicate'])
        self.assertEqual(driver.kinds('m'), ['accepted', 'duplicate', 'attempt'])

    def test_failed_store(self):
        """BUS-013, BUS-014, HTTP-057: nothing is durable until the store is opened anew."""
        driver = self.driver
        driver.do('store', action='fail')
        for key in 'xy':
            self.assertEqual(critical(driver, key)['refused']['code'], 'not-durable')
        self.assertEqual(driver.request('GET', '/health')['status'], 503)
        self.assertFalse(driver.publish('z')['duplicate'])
        self.restart()
        self.assertEqual(critical(driver, 'y')['durability'], 'flushed')

    def test_retry_state(self):
        """RET-051, RET-056, RET-060: attempts and due time survive."""
        driver = self.driver
        critical(driver)
        driver.settle('c1', 'nak')
        driver.settle('c2', 'nak')
        self.assertEqual(driver.kinds('m')[-3:], ['failed', 'stored', 'waiting'])
        self.restart(NOW - 99999)
        self.assertEqual(driver.trace[-1]['kind'], 'recovered')
        driver.turn('advance', toMs=NOW)
        self.assertEqual((driver.trace[-1]['attempt'], driver.trace[-1]['atMs']), (3, NOW - 99999 + 500))

    def test_letters(self):
        """BUS-025, BUS-082, BUS-086, BUS-092: dead letters survive, redrive and discard too."""
        driver = self.driver
        critical(driver, 'n', type='nobody.listens')
        critical(driver)
        driver.settle('c1', 'term')
        self.restart()
        first, second = driver.do('list', what='dead-letters')['entries']
        self.assertEqual((first['outcome'], first['receiver'], second['durable']), ('no-subscriber', '', True))
        self.assertEqual(driver.do('letter', id=first['id'], action='redrive')['refused']['code'], 'target-unknown')
        driver.service('c', patterns=['nobody.*'])
        driver.do('letter', id=first['id'], action='redrive')
        driver.do('letter', id=second['id'], action='discard')
        self.restart()
        self.assertEqual(driver.do('list', what='dead-letters')['entries'], [])
        self.assertEqual([(each['receiver'], each['run']) for each in driver.open_calls()], [('c', 2)])

    def test_torn(self):
        """BUS-073, BUS-101: an outcome and its receipt are one write of one key, wherever the rest was torn."""
        for writes in range(4):
            with self.subTest(writes=writes):
                driver = Driver(store='durable')
                driver.service('b')
                lease = driver.service('p', patterns=(), receipts=True)['data']['lease']
                critical(driver, lease=lease)
                driver.do('store', action='hold', writes=writes)
                driver.do('settle', call='c1', answer={'verdict': 'ack'})
                driver.do('store', action='crash')
                driver.calls.clear()
                driver.do('start', nowMs=NOW, draws=[0.5], options={'healthIntervalMs': 0}, keep=True)
                wanted = 'thing.x' if writes == 0 else 'message.delivered'
                self.assertEqual([each['envelope']['type'] for each in driver.open_calls()], [wanted])
                driver.do('stop')

    def test_horizon(self):
        """BUS-052: 24 hours, over a restart; then its records are gone."""
        driver = self.driver
        critical(driver)
        driver.settle('c1')
        self.restart(NOW + 86399999)
        self.assertTrue(critical(driver)['duplicate'])
        driver.advance(1)
        driver.publish('other')
        self.assertEqual([key for key in driver.session.gw.store.values if key[0] in 'md'], [])

    def test_registry(self):
        """REG-036, REG-037."""
        driver = self.driver
        lease = driver.service('q', 'i2')['data']['lease']
        self.restart()
        one = driver.do('list', what='services')['entries'][1]['instances'][0]
        self.assertEqual((one['instance'], one['state']), ('i2', 'suspect'))
        driver.do('registry', envelope={'specversion': '1.0', 'id': 'r', 'source': '/t', 'type': 'service.renew',
                                        'data': {'lease': lease}})
        self.assertEqual(driver.trace[-1]['kind'], 'renewed')


class Disk(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)
        self.log = os.path.join(self.root.name, 'log')

    def test_log(self):
        """A torn line and what follows it were never acknowledged; a log that is mostly dead is written anew."""
        store = Store(self.root.name)
        for number in range(50):
            store.write({'a': number, 'b': 'x' * number})
        with self.assertRaises(Refusal) as refused:
            Store(self.root.name)
        self.assertEqual(refused.exception.code, 'store-locked')
        store.close()
        with open(self.log, 'ab') as log:
            log.write(b'00000000 {"a":1}\n{"half')
        store = Store(self.root.name)
        self.assertEqual(store.values, {'a': 49, 'b': 'x' * 49})
        store.close()
        self.assertLess(os.path.getsize(self.log), 200)

    def test_version(self):
        """BUS-100."""
        with open(self.log, 'wb') as log:
            log.write(b'another 2\n')
        with self.assertRaises(Refusal) as refused:
            Store(self.root.name)
        self.assertEqual(refused.exception.code, 'store-version')
        with open(self.log, 'rb') as log:
            self.assertNotEqual(log.read(), HEAD)

    def test_killed(self):
        """BUS-012, BUS-096: a real process with a real disk, killed."""
        def ask(method, path, body=None):
            request = urllib.request.Request(base + path, body and json.dumps(body).encode(), {
                'content-type': 'application/cloudevents+json'}, method=method)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())

        def begin():
            made = subprocess.Popen([sys.executable, '-B', 'serve.py', '0', self.root.name], stdout=subprocess.PIPE,
                                    cwd=os.path.dirname(os.path.abspath(__file__)), text=True)
            self.addCleanup(made.stdout.close)
            self.addCleanup(made.wait)
            self.addCleanup(made.kill)
            return made, made.stdout.readline().strip()
        process, base = begin()
        event = {'specversion': '1.0', 'id': 'r', 'source': '/t'}
        ask('POST', '/registry', {**event, 'type': 'service.register', 'data': {
            'name': 'b', 'version': '1', 'endpoint': 'http://127.0.0.1:9/b', 'subscriptions': ['>']}})
        told = ask('POST', '/messages', {**event, 'type': 'thing.x', 'priority': 'CRITICAL'})
        self.assertEqual(told['durability'], 'flushed')
        time.sleep(0.2)
        process.kill()
        process.wait()
        _, base = begin()
        left = ask('GET', '/messages?unfinished=CRITICAL')['messages']
        self.assertEqual([(each['id'], each['deliveries'][0]['receiver']) for each in left], [('r', 'b')])


if __name__ == '__main__':
    unittest.main()

"""The bus: retry, expiry, cancel, lanes, capacity, receipts, letters, delays."""
import random
import unittest

from driver import NOW, Driver


class Retry(unittest.TestCase):
    def fail_all(self, priority, **options):
        driver = Driver(**options)
        driver.service('b')
        driver.publish('m', priority=priority)
        attempts = 0
        for _ in range(1000):
            while driver.open_calls():
                attempts += 1
                driver.settle(driver.open_calls()[0]['call'], status=503, headers={}, body='')
            if 'ended' in driver.kinds('m'):
                break
            driver.turn('advance', toMs=driver.session.gw.now + 1000000)
        return attempts, driver

    def test_budget(self):
        """PRI-004 to PRI-006."""
        for priority, wanted in (('LOW', 2), ('NORMAL', 4), ('HIGH', 11)):
            attempts, driver = self.fail_all(priority, policy={'maxElapsedMs': None})
            self.assertEqual(attempts, wanted)
            last = [each for each in driver.trace if each['kind'] == 'ended'][-1]
            self.assertEqual((last['outcome'], last['reason']), ('exhausted', 'status-503'))

    def test_elapsed(self):
        """RET-016."""
        _, driver = self.fail_all('HIGH', policy={'maxElapsedMs': 5000})
        last = [each for each in driver.trace if each['kind'] == 'ended'][-1]
        self.assertEqual((last['reason'], last['atMs']), ('max-elapsed', NOW + 5000))

    def test_order(self):
        """RET-050, RET-021: one draw for each wait from retry 2 on."""
        driver = Driver(draws=(0.5, 0.25))
        driver.service('b')
        driver.publish('m', priority='HIGH')
        driver.settle('c1', 'nak')
        driver.do(
            'settle', call='c2', answer={'verdict': 'nak', 'delayMs': 700})
        driver.advance(700)
        driver.do('settle', call='c3', answer={'fault': 'unreachable'})
        self.assertEqual([each['delayMs'] for each in driver.trace if each['kind'] == 'waiting'], [700, 500])
        self.assertEqual(driver.kinds('m'), ['accepted', 'attempt', 'failed', 'retry', 'failed', 'waiting', 'retry',
                                             'failed', 'waiting'])

    def test_timeout(self):
        """RET-041, BUS-034, BUS-036."""
        driver = Driver()
        driver.service('b')
        driver.publish('m', priority='LOW')
        driver.advance(10000)
        driver.do('settle', call='c1', answer={'verdict': 'working'})
        driver.turn('advance', toMs=NOW + 60000)
        self.assertEqual([(each['atMs'], each.get('reason')) for each in driver.trace if each['kind'] == 'failed'],
                         [(NOW + 25000, 'timeout')])
        self.assertEqual(driver.do('settle', call='c1', answer={'verdict': 'ack'}), {'held': False})

    def test_no_instance(self):
        """RET-002, BUS-007."""
        driver = Driver()
        lease = driver.service('b')['data']['lease']
        driver.do('registry', envelope={'specversion': '1.0', 'id': 'd', 'source': '/t', 'type': 'service.deregister',
                                        'data': {'lease': lease}})
        driver.publish('m', priority='LOW')
        self.assertEqual(driver.kinds('m'), ['accepted', 'attempt', 'failed', 'retry', 'failed', 'dead-letter', 'ended'])
        self.assertEqual(driver.trace[-1]['reason'], 'no-instance')


class Ends(unittest.TestCase):
    def setUp(self):
        self.driver = Driver()
        self.driver.service('b')

    def test_expiry_in_flight(self):
        """BUS-038, BUS-041."""
        driver = self.driver
        for key in 'xy':
            driver.publish(key, expirytime='2026-01-01T00:00:05Z', partitionkey=key)
        driver.advance(6000)
        driver.settle('c1')
        driver.settle('c2', 'term')
        self.assertEqual(driver.trace[-1]['outcome'], 'expired')
        self.assertEqual(driver.kinds('x')[-2:], ['delivered', 'ended'])

    def test_expiry_waiting(self):
        driver = self.driver
        driver.publish('x', expirytime='2026-01-01T00:00:00.300+00:00')
        driver.settle('c1', 'nak')
        driver.settle('c2', 'nak')
        driver.turn('advance', toMs=NOW + 9999)
        self.assertEqual((driver.trace[-1]['outcome'], driver.trace[-1]['atMs']), ('expired', NOW + 300))

    def test_cancel(self):
        """BUS-040 to BUS-043."""
        driver = self.driver
        driver.publish('x')
        self.assertEqual(driver.do('cancel', source='/t', id='x')['deliveries'][0]['state'], 'in-flight')
        driver.settle('c1', 'nak')
        self.assertEqual(driver.trace[-1]['outcome'], 'cancelled')
        self.assertEqual(driver.do('cancel', source='/t', id='x')['refused']['code'], 'message-ended')
        self.assertEqual(driver.do('cancel', source='/t', id='z')['refused']['code'], 'message-unknown')

    def test_horizon(self):
        """BUS-047 to BUS-053."""
        driver = self.driver
        driver.publish('x')
        driver.settle('c1')
        driver.advance(599999)
        self.assertTrue(driver.publish('x')['duplicate'])
        driver.advance(1)
        self.assertFalse(driver.publish('x')['duplicate'])

    def test_lane(self):
        """PRI-026 to PRI-030."""
        driver = self.driver
        for key in 'abc':
            driver.publish(key, partitionkey='k')
        self.assertEqual(len(driver.open_calls()), 1)
        driver.settle('c1', 'nak')
        self.assertEqual(driver.open_calls()[0]['envelope']['id'], 'a')
        driver.settle('c2', 'term')
        self.assertEqual(driver.open_calls()[0]['envelope']['id'], 'b')

    def test_capacity(self):
        """PRI-034 to PRI-041."""
        driver = Driver(capacity=3)
        driver.service('b', maxInFlight=1)
        for key in 'abc':
            driver.publish(key, priority='LOW')
        self.assertEqual(driver.publish('d', priority='LOW', target='b')['refused']['code'], 'queue-full')
        self.assertFalse(driver.publish('e', priority='HIGH', target='b')['duplicate'])
        self.assertEqual([each['id'] for each in driver.trace if each.get('outcome') == 'evicted'], ['c', 'c'])

    def test_receipt_and_redrive(self):
        """BUS-064 to BUS-075, BUS-085 to BUS-092."""
        driver = self.driver
        lease = driver.service('p', patterns=(), receipts=True)['data']['lease']
        driver.publish('x', lease=lease, correlationid='q')
        driver.settle('c1', 'term')
        receipt = driver.open_calls()[0]['envelope']
        self.assertEqual((receipt['type'], receipt['data']['outcome'], receipt['correlationid']),
                         ('message.failed', 'rejected', 'q'))
        driver.settle('c2')
        letter = driver.do('list', what='dead-letters')['entries'][0]
        self.assertEqual(driver.do('letter', id=letter['id'], action='redrive')['deliveries'][1]['run'], 2)
        driver.settle('c3')
        self.assertEqual(driver.open_calls()[0]['envelope']['type'], 'message.delivered')
        self.assertEqual(driver.do('letter', id=letter['id'], action='redrive')['refused']['code'],
                         'dead-letter-unknown')

    def test_delay(self):
        """BUS-111 to BUS-121."""
        driver = self.driver
        driver.publish('x', delay_ms=5000)
        self.assertEqual(driver.kinds('x'), ['accepted', 'delayed'])
        self.assertEqual(len(driver.do('list', what='delayed')['entries']), 1)
        driver.turn('advance', toMs=NOW + 99999)
        self.assertEqual((driver.trace[-1]['kind'], driver.trace[-1]['atMs']), ('attempt', NOW + 5000))
        refused = driver.publish('y', delay_ms=5000, expirytime='2026-01-01T00:00:05Z')['refused']
        self.assertEqual(refused['code'], 'message-expired')

    def test_chance(self):
        """BUS-029, PRI-014, PRI-026, RET-006 under a random suite."""
        for seed in range(60):
            chance = random.Random(seed)
            driver = Driver(draws=[chance.random() for _ in range(7)], capacity=6, maxInFlight=3,
                            policy={'maxElapsedMs': 60000})
            for name in 'bc':
                for instance in ('i1', 'i2'):
                    driver.service(name, instance)
            for number in range(80):
                self.act(driver, chance, number)
                self.check(driver)
            for _ in range(200):
                for call in list(driver.calls):
                    driver.settle(call)
                driver.advance(20000)
            gw = driver.session.gw
            self.assertEqual(gw.unfinished, 0)
            self.assertEqual([each.counted for each in gw.targets.values() if each.deliveries], [])
            ended = [(each['id'], each['receiver'], each['run']) for each in driver.trace if each['kind'] == 'ended']
            self.assertEqual(len(ended), len(set(ended)))

    def act(self, driver, chance, number):
        dice = chance.random()
        if dice < 0.4:
            extra = {}
            if chance.random() < 0.5:
                extra['partitionkey'] = chance.choice('kl')
            if chance.random() < 0.2:
                extra['expirytime'] = '2026-01-01T00:%02d:00Z' % chance.randint(0, 9)
            if chance.random() < 0.3:
                extra['target'] = chance.choice(['b', 'c', 'b@i1', 'c@i2'])
            if chance.random() < 0.2:
                extra['delay_ms'] = chance.randint(0, 20000)
            driver.publish('m%d' % number, priority=chance.choice(['LOW', 'NORMAL', 'HIGH']), **extra)
        elif dice < 0.75 and driver.calls:
            call = chance.choice(list(driver.calls))
            answer = chance.choice([{'verdict': 'ack'}, {'verdict': 'nak'}, {'verdict': 'nak', 'delayMs': 900},
                                    {'verdict': 'term'}, {'fault': 'unreachable'}])
            driver.calls.pop(call)
            driver.do('settle', call=call, answer=answer)
        elif dice < 0.8:
            driver.do('cancel', source='/t', id='m%d' % chance.randint(0, 80))
        elif dice < 0.85:
            for letter in driver.do('list', what='dead-letters')['entries'][:1]:
                driver.do('letter', id=letter['id'], action='redrive')
        else:
            driver.turn('advance', toMs=driver.session.gw.now + chance.randint(1, 30000))

    def check(self, driver):
        for target in driver.session.gw.targets.values():
            wire = [each for each in target.deliveries.values() if each.state == 'in-flight']
            self.assertEqual(len(wire), target.running)
            self.assertLessEqual(len(wire), 3)
            self.assertLessEqual(target.counted, 6)
            lanes = [each.lane for each in wire if each.lane]
            self.assertEqual(len(lanes), len(set(lanes)))
            for instance in driver.session.gw.services[target.name].instances.values():
                self.assertEqual(instance.in_flight, sum(each.instance is instance for each in wire))


if __name__ == '__main__':
    unittest.main()

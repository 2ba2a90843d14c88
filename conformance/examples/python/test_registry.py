"""Leases, health, breaker, choice, discovery."""
import json
import unittest

from driver import NOW, Driver


def by_lease(driver, kind, lease, **data):
    return driver.do('registry', envelope={'specversion': '1.0', 'id': 'q', 'source': '/t', 'type': kind,
                                           'data': {'lease': lease, **data}})


class Leases(unittest.TestCase):
    def test_life(self):
        """REG-022 to REG-024, REG-057, REG-031."""
        driver = Driver()
        lease = driver.service('b', leaseMs=1000)['data']['lease']
        driver.advance(1500)
        by_lease(driver, 'service.renew', lease)
        driver.advance(604803000)
        told = [(each['kind'], each.get('reason'), each['atMs'] - NOW) for each in driver.trace]
        self.assertEqual(told, [('registered', 'new', 0), ('suspect', 'lease-ended', 1000),
                                ('renewed', 'request', 1500), ('suspect', 'lease-ended', 2500),
                                ('removed', 'lease-ended', 3500), ('service-gone', 'expired', 604803500)])

    def test_ephemeral(self):
        """REG-032, REG-035, BUS-044."""
        driver = Driver()
        driver.service('b', leaseMs=1000, ephemeral=True)
        driver.publish('m', delay_ms=5000)
        driver.advance(2000)
        self.assertEqual(driver.kinds()[-4:], ['removed', 'service-gone', 'dead-letter', 'ended'])
        self.assertEqual(driver.trace[-1]['outcome'], 'receiver-gone')

    def test_verdict_renews(self):
        """REG-027."""
        driver = Driver()
        driver.service('b', leaseMs=1000)
        driver.publish('m')
        driver.advance(1200)
        driver.settle('c1')
        self.assertIn(('renewed', 'verdict'), [(each['kind'], each.get('reason')) for each in driver.trace])

    def test_refused(self):
        """REG-002, REG-029."""
        driver = Driver()
        told = driver.service('B', maxInFlight=0, patterns=['a.>.b'], instance='a b')['refused']
        self.assertEqual((told['code'], sorted(each['field'] for each in told['faults'])),
                         ('registration-invalid', ['instance', 'maxInFlight', 'name', 'subscriptions']))
        self.assertEqual(by_lease(driver, 'service.renew', 'no')['refused']['code'], 'lease-unknown')

    def test_service_end(self):
        """REG-034."""
        driver = Driver()
        lease = driver.service('b', 'i1')['data']['lease']
        driver.service('b', 'i2')
        driver.publish('m', delay_ms=10)
        self.assertTrue(by_lease(driver, 'service.deregister', lease, service=True)['data']['serviceGone'])
        self.assertEqual(driver.kinds()[-5:], ['deregistered', 'removed', 'service-gone', 'dead-letter', 'ended'])


class Health(unittest.TestCase):
    def answer(self, driver, **answer):
        for call in driver.open_calls('health'):
            driver.settle(call['call'], **answer)

    def test_checks(self):
        """REG-046 to REG-050, REG-026."""
        driver = Driver(healthIntervalMs=10000)
        driver.service('b')
        for status in (500, 500, 302, 200, 200):
            driver.turn('advance', toMs=driver.session.gw.now + 60000)
            self.answer(driver, status=status, headers={}, body='{"status":"PASS"}')
        self.assertEqual([(each['kind'], each['atMs'] - NOW) for each in driver.trace][1:],
                         [('unhealthy', 30000), ('healthy', 50000)])

    def test_verdicts_and_choice(self):
        """REG-042, REG-043, REG-045, REG-049."""
        driver = Driver()
        driver.service('b', 'i1')
        for key in 'xyz':
            driver.publish(key)
            call = driver.open_calls()[0]
            driver.settle(call['call'], status=403, headers={}, body='')
            driver.do('cancel', source='/t', id=key)
            driver.settle(driver.open_calls()[0]['call'], status=503, headers={}, body='')
        self.assertIn('unhealthy', driver.kinds())
        driver.service('b', 'i2')
        driver.publish('w')
        self.assertEqual(driver.open_calls()[0]['instance'], 'i2')

    def test_breaker(self):
        """RET-061 to RET-066."""
        driver = Driver(policy={'jitter': 'none', 'baseMs': 0, 'maxElapsedMs': None})
        driver.service('b')
        driver.publish('m', priority='HIGH')
        for _ in range(10):
            driver.settle(driver.open_calls()[0]['call'], 'nak')
        self.assertEqual((driver.trace[-1]['kind'], driver.trace[-1]['delayMs']), ('deferred', 10000))
        driver.publish('n')
        driver.turn('advance', toMs=NOW + 10000)
        self.assertEqual(len(driver.open_calls()), 1)
        driver.settle(driver.open_calls()[0]['call'])
        self.assertEqual(len(driver.open_calls()), 1)

    def test_discover(self):
        """REG-013 to REG-015."""
        driver = Driver()
        seq = driver.turn('discover', url='http://127.0.0.1:9/d')['seq']
        body = json.dumps({'name': 'd', 'version': '1', 'subscriptions': []})
        driver.settle(driver.open_calls('manifest')[0]['call'], status=200, headers={}, body=body)
        self.assertEqual(driver.answers[seq]['ok']['name'], 'd')
        seq = driver.turn('discover', url='http://127.0.0.1:9/e')['seq']
        driver.settle(driver.open_calls('manifest')[0]['call'], status=302, headers={}, body='')
        self.assertEqual(driver.answers[seq]['refused']['code'], 'discovery-failed')

    def test_gone(self):
        """RET-038, BUS-045."""
        driver = Driver()
        driver.service('b')
        driver.publish('m', target='b@i1')
        driver.settle('c1', status=410, headers={}, body='')
        self.assertEqual(driver.kinds()[-4:], ['failed', 'removed', 'dead-letter', 'ended'])
        self.assertEqual(driver.trace[-1]['outcome'], 'instance-gone')


if __name__ == '__main__':
    unittest.main()

"""Deliveries that are asked for (pull.md)."""
import http.client
import json
import os
import subprocess
import sys
import time
import unittest

from driver import NOW, Driver

EVENTS = {'accept': 'text/event-stream'}
URL = 'http://127.0.0.1:9/'


class Pull(unittest.TestCase):
    def setUp(self):
        self.driver = Driver()
        self.leases = {}
        self.join('a')

    def join(self, instance, service='p', **members):
        told = self.driver.service(service, instance, **{'endpoint': None, 'delivery': 'pull', **members})
        if 'data' in told:
            self.leases[instance] = told['data']['lease']
        return told

    def leave(self, instance):
        self.driver.do('registry', envelope={'specversion': '1.0', 'id': 'd', 'source': '/t', 'data': {
            'lease': self.leases[instance]}, 'type': 'service.deregister'})

    def ask(self, instance, query='', **headers):
        return self.driver.request('GET', '/deliveries' + query, {'bellhop-lease': self.leases[instance], **headers})

    def taken(self, *asked):
        """The ids that an answer holds, or that came to a request that waited."""
        told = self.ask(*asked)
        return self.ids(told) if not isinstance(told, int) else told

    def ids(self, told):
        return [each['envelope']['id'] for each in json.loads(told['body'])['deliveries']]

    def answer(self, instance, *answers):
        return self.driver.request('POST', '/deliveries', {'bellhop-lease': self.leases[instance]},
                                   json.dumps({'answers': list(answers)}))

    def stream(self, instance, most=10):
        return self.driver.turn('request', method='GET', path='/deliveries?max=%d' % most, stream=True,
                                headers={'bellhop-lease': self.leases[instance], **EVENTS})['seq']

    def read(self, seq):
        """(events of a stream with their data, whether it has ended)."""
        told, found = self.driver.do('read', to=seq), []
        for each in told['text'].split('\n\n')[:-1]:
            if not each.startswith(':'):
                kind, _, data = each.partition('\n')
                found.append((kind[7:], json.loads(data[6:])))
        return found, told['ended']

    def status(self, key):
        return self.driver.do('status', source='/t', id=key)['deliveries'][0]

    def test_registration(self):
        """PULL-001, PULL-002, PULL-003."""
        for members, field in (({'endpoint': URL}, 'endpoint'), ({'delivery': 'fax', 'endpoint': URL}, 'delivery'),
                               ({'delivery': 'push', 'endpoint': URL}, 'delivery')):
            refused = self.join('b', **members)['refused']
            self.assertEqual((refused['code'], refused['faults'][0]['field']), ('registration-invalid', field))
        self.assertIn('data', self.join('a', delivery='push', endpoint=URL))
        self.assertIn('data', self.join('a'))
        self.assertEqual(self.driver.request('GET', '/services/p/x')['json']['code'], 'no-instance')
        self.driver.publish('m')
        self.assertEqual((self.status('m')['state'], self.driver.calls), ('queued', {}))

    def test_change(self):
        """What is queued goes the other way once the last instance registered so."""
        self.driver.publish('m')
        self.join('a', delivery='push', endpoint=URL)
        self.assertEqual(len(self.driver.open_calls()), 1)

    def test_gone_service(self):
        """Without any instance nothing is attempted either."""
        self.driver.publish('m')
        self.leave('a')
        self.assertEqual(self.status('m')['attempts'], 0)
        self.join('b')
        self.assertEqual(self.taken('b'), ['m'])

    def test_wait(self):
        """PULL-004, PULL-005."""
        self.assertEqual(self.taken('a'), [])
        seq = self.taken('a', '?wait=2')
        self.driver.publish('m')
        told = self.driver.answers[seq]['ok']
        self.assertEqual((self.ids(told), told['headers']['cache-control']), (['m'], 'no-store'))
        seq = self.taken('a', '?wait=2')
        self.driver.advance(1999)
        self.assertNotIn(seq, self.driver.answers)
        self.driver.advance(1)
        self.assertEqual(self.ids(self.driver.answers[seq]['ok']), [])

    def test_head(self):
        """A HEAD is handed nothing."""
        self.driver.publish('m')
        for headers in ({}, EVENTS):
            told = self.driver.request('HEAD', '/deliveries', {'bellhop-lease': self.leases['a'], **headers})
            self.assertEqual((told['status'], told['body']), (200, ''))
        self.assertEqual(self.taken('a'), ['m'])

    def test_many_wait(self):
        """16 requests of an instance wait; the oldest is answered empty."""
        first, *rest = [self.taken('a', '?wait=60') for _ in range(17)]
        self.assertEqual((list(self.driver.answers), self.ids(self.driver.answers[first]['ok'])), ([first], []))

    def test_bound(self):
        """PULL-022."""
        self.driver.session.gw.bounds['pulls'] = 2
        seq, _ = self.stream('a'), self.taken('a', '?wait=1')
        self.assertEqual(self.ask('a')['json']['code'], 'too-many-streams')
        self.driver.do('hang-up', to=seq)
        self.assertEqual(self.taken('a'), [])
        self.driver.advance(1000)
        self.assertEqual(self.driver.session.gw.asking, 0)

    def test_turns(self):
        """PULL-008: one each in turn, a retry to another."""
        self.join('b')
        seqs = {each: self.stream(each) for each in 'ab'}
        for number in range(4):
            self.driver.publish('m%d' % number)
        got = {each: self.read(seq)[0] for each, seq in seqs.items()}
        self.assertEqual({each: [told['envelope']['id'] for _, told in events] for each, events in got.items()},
                         {'a': ['m0', 'm2'], 'b': ['m1', 'm3']})
        self.answer('a', {'ticket': got['a'][0][1]['ticket'], 'verdict': 'nak'})
        self.assertEqual(self.read(seqs['b'])[0][0][1]['envelope']['id'], 'm0')

    def test_targeted(self):
        """PULL-007."""
        self.join('b')
        self.driver.publish('m1', target='p@b')
        self.driver.publish('m2')
        self.assertEqual(self.taken('a'), ['m2'])
        self.assertEqual(self.status('m1')['state'], 'queued')
        self.assertEqual(self.taken('b'), ['m1'])

    def test_gone(self):
        """PULL-009: a request that had gone, and a stream that nobody read."""
        self.driver.do('hang-up', to=self.taken('a', '?wait=30'))
        seq = self.stream('a')
        self.driver.publish('m')
        self.driver.do('hang-up', to=seq)
        self.assertEqual((self.status('m')['state'], self.status('m')['attempts']), ('queued', 0))
        seq = self.driver.turn('request', method='GET', path='/deliveries', stream=True,
                               headers={'bellhop-lease': self.leases['a']})['seq']
        self.assertEqual(self.status('m')['state'], 'in-flight')
        self.driver.do('hang-up', to=seq)
        told = json.loads(self.ask('a')['body'])['deliveries'][0]
        self.assertEqual(told['attempt'], 1)
        self.assertEqual(self.driver.kinds('m'), ['accepted', *['attempt', 'deferred'] * 2, 'attempt'])

    def test_gone_marked(self):
        """What was cancelled meanwhile is not attempted again."""
        seq = self.stream('a')
        self.driver.publish('m')
        self.driver.do('cancel', source='/t', id='m')
        self.driver.do('hang-up', to=seq)
        self.assertEqual(self.status('m')['outcome'], 'cancelled')

    def test_arguments(self):
        """PULL-010, PULL-011: nothing changes by what is refused."""
        self.driver.service('q')
        self.leases['q'] = self.driver.service('q')['data']['lease']
        for query, field in (('?max=0', 'max'), ('?max=101', 'max'), ('?wait=61', 'wait'), ('?wait=x', 'wait')):
            self.assertEqual(self.ask('a', query)['json']['field'], field)
        self.assertEqual(self.ask('q')['json']['field'], 'delivery')
        self.assertEqual(self.driver.request('GET', '/deliveries')['json']['field'], 'bellhop-lease')
        self.leases['z'] = 'z'
        self.assertEqual(self.ask('z')['json']['code'], 'lease-unknown')
        self.assertEqual(self.answer('z', {})['json']['code'], 'lease-unknown')
        self.driver.publish('m')
        good = {'ticket': json.loads(self.ask('a')['body'])['deliveries'][0]['ticket'], 'verdict': 'ack'}
        for bad, field in ((7, ''), ({**good, 'ticket': ''}, '.ticket'), ({**good, 'ticket': 'x' * 129}, '.ticket'),
                           ({**good, 'verdict': 'no'}, '.verdict'), ({**good, 'verdict': ['ack']}, '.verdict'),
                           ({**good, 'delayMs': 86400001}, '.delayMs'), ({**good, 'delayMs': 0.5}, '.delayMs')):
            told = self.answer('a', good, bad)['json']
            self.assertEqual((told['code'], told['field']), ('argument-invalid', 'answers[1]' + field))
        for answers in ([], [good] * 101):
            self.assertEqual(self.answer('a', *answers)['json']['field'], 'answers')
        self.assertEqual(self.answer('q', good)['json']['results'][0]['held'], False)
        self.assertEqual(self.status('m')['state'], 'in-flight')

    def test_answers(self):
        """PULL-012, PULL-013, PULL-016."""
        for number in range(3):
            self.driver.publish('m%d' % number)
        names = [each['ticket'] for each in json.loads(self.ask('a')['body'])['deliveries']]
        told = self.answer('a', {'ticket': names[0], 'verdict': 'ack'}, {'ticket': names[1], 'verdict': 'nak',
                                                                         'delayMs': 5000},
                           {'ticket': names[2], 'verdict': 'term'}, {'ticket': names[0], 'verdict': 'nak'})
        self.assertEqual([each['held'] for each in told['json']['results']], [True, True, True, False])
        self.assertEqual([self.status('m%d' % each).get('outcome') for each in range(3)],
                         ['delivered', None, 'rejected'])
        self.assertEqual(self.status('m1')['nextAttemptMs'], NOW + 5000)

    def test_strange(self):
        """What nobody was given changes nothing, whatever it is made of."""
        for name in ('x', '\ud800', '\x00'):
            told = self.answer('a', {'ticket': name, 'verdict': 'ack'})['json']
            self.assertEqual(told, {'results': [{'ticket': name, 'held': False}]})

    def test_already(self):
        """PULL-005: what is there already is not waited for."""
        self.driver.publish('m')
        self.assertEqual(self.taken('a', '?wait=60'), ['m'])

    def test_lease(self):
        """PULL-014, PULL-015."""
        self.driver.publish('m')
        name = json.loads(self.ask('a')['body'])['deliveries'][0]['ticket']
        self.driver.advance(15999)
        self.assertTrue(self.answer('a', {'ticket': name, 'verdict': 'working'})['json']['results'][0]['held'])
        self.driver.advance(15999)
        self.assertEqual(self.status('m')['state'], 'in-flight')
        self.driver.advance(1)
        self.assertEqual((self.status('m')['state'], self.status('m')['lastError']), ('queued', 'lease-expired'))
        self.assertFalse(self.answer('a', {'ticket': name, 'verdict': 'ack'})['json']['results'][0]['held'])

    def test_stream(self):
        """PULL-017, PULL-018."""
        seq = self.stream('a', 2)
        for number in range(4):
            self.driver.publish('m%d' % number)
        got, _ = self.read(seq)
        self.assertEqual([(kind, told['envelope']['id']) for kind, told in got],
                         [('delivery', 'm0'), ('delivery', 'm1')])
        self.answer('a', {'ticket': got[0][1]['ticket'], 'verdict': 'ack'})
        self.assertEqual([told['envelope']['id'] for _, told in self.read(seq)[0]], ['m2'])
        self.driver.advance(16000)
        self.assertEqual(len(self.read(seq)[0]), 2)

    def test_kept(self):
        """PULL-019, PULL-020: who reads keeps its lease, who does not loses it, PULL-021 and is told."""
        self.join('a', leaseMs=3000)
        seq = self.stream('a')
        for _ in range(20):
            self.driver.advance(1000)
            self.assertEqual(self.driver.do('read', to=seq), {'text': ': idle\n\n', 'ended': False})
        self.assertEqual([each for each in self.driver.kinds() if each in ('suspect', 'renewed')], ['renewed'])
        self.driver.advance(6000)
        self.assertEqual(self.read(seq), ([('ended', {'code': 'lease-unknown'})], True))

    def test_waits(self):
        """PULL-024, PULL-025: who waits keeps its lease, and is told when it goes all the same."""
        self.join('a', leaseMs=3000)
        poll = self.taken('a', '?wait=60')
        self.driver.advance(59999)
        self.assertNotIn('suspect', self.driver.kinds())
        self.leave('a')
        self.assertEqual(json.loads(self.driver.answers[poll]['ok']['body'])['code'], 'lease-unknown')

    def test_receipt(self):
        """BUS-070: for the instance that published while it lives, then for whoever asks."""
        self.driver.service('c')
        for each in 'ab':
            self.join(each, receipts=True, patterns=())
        waits = self.taken('b', '?wait=60')
        self.driver.publish('m', lease=self.leases['a'], target='c')
        self.driver.settle(self.driver.open_calls()[0]['call'])
        self.driver.advance(5000)
        self.assertNotIn(waits, self.driver.answers)
        self.leave('a')
        self.driver.advance(1000)
        self.assertEqual(len(self.ids(self.driver.answers[waits]['ok'])), 1)

    def test_full(self):
        """A stream that nobody reads takes no more than its bound."""
        seq = self.stream('a', 100)
        for number in range(12):
            self.driver.publish('m%d' % number, data='x' * 200000)
        self.assertEqual(len(self.read(seq)[0]), 6)
        self.assertEqual(len(self.read(seq)[0]), 6)

    def test_drain(self):
        """BUS-102 to BUS-104: no attempt begins, what runs may be answered."""
        self.driver.publish('m')
        name = json.loads(self.ask('a')['body'])['deliveries'][0]['ticket']
        poll = self.taken('a', '?wait=60')
        drained = self.driver.turn('drain')['seq']
        self.assertEqual(self.ids(self.driver.answers[poll]['ok']), [])
        self.assertEqual(self.ask('a')['json']['code'], 'closing')
        self.assertTrue(self.answer('a', {'ticket': name, 'verdict': 'ack'})['json']['results'][0]['held'])
        self.assertIn(drained, self.driver.answers)

    def test_restart(self):
        """A service that pulls still does after a restart; tickets of before are not held."""
        driver = self.driver = Driver(store='durable')
        self.join('a')
        driver.publish('m', priority='CRITICAL')
        name = json.loads(self.ask('a')['body'])['deliveries'][0]['ticket']
        driver.do('store', action='crash')
        driver.do('start', nowMs=NOW, draws=[0.5], keep=True, options={'store': 'durable', 'healthIntervalMs': 5})
        driver.advance(100)
        self.assertEqual(driver.calls, {})
        self.assertFalse(self.answer('a', {'ticket': name, 'verdict': 'ack'})['json']['results'][0]['held'])
        self.assertEqual(self.taken('a'), ['m'])
        driver.do('stop')


class Served(unittest.TestCase):
    """Over sockets."""

    def setUp(self):
        self.process = subprocess.Popen([sys.executable, '-B', 'serve.py', '0'], stdout=subprocess.PIPE, text=True,
                                        cwd=os.path.dirname(os.path.abspath(__file__)))
        self.port = int(self.process.stdout.readline().strip().rpartition(':')[2].partition('/')[0])
        told = self.ask('POST', '/registry', {'type': 'service.register', 'data': {
            'name': 'p', 'version': '1', 'delivery': 'pull', 'subscriptions': ['thing.*']}})
        self.lease = told['data']['lease']

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, event=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        body = json.dumps({'specversion': '1.0', 'id': 'x', 'source': '/t', **event}) if event else None
        connection.request(method, '/bus' + path, body, {'content-type': 'application/cloudevents+json', **headers})
        told = json.loads(connection.getresponse().read())
        connection.close()
        return told

    def begin(self, path, **headers):
        """A request that is not answered yet."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        connection.request('GET', '/bus' + path, headers={'bellhop-lease': self.lease, **headers})
        return connection

    def test_gone(self):
        """PULL-005, PULL-009, PULL-017."""
        gone = self.begin('/deliveries?wait=60')
        time.sleep(0.2)
        gone.close()
        time.sleep(0.4)
        kept = self.begin('/deliveries?wait=60')
        time.sleep(0.1)
        self.ask('POST', '/messages', {'type': 'thing.x'})
        told = json.loads(kept.getresponse().read())['deliveries'][0]
        self.assertEqual((told['attempt'], told['envelope']['id']), (1, 'x'))
        kept.close()
        stream = self.begin('/deliveries', accept='text/event-stream')
        answer = stream.getresponse()
        self.ask('POST', '/messages', {'type': 'thing.x', 'id': 'y'})
        self.assertEqual((answer.readline(), json.loads(answer.readline()[6:])['envelope']['id']),
                         (b'event: delivery\n', 'y'))
        answer.close()
        stream.close()


if __name__ == '__main__':
    unittest.main()

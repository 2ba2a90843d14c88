"""The routes of the gateway."""
import json
import unittest

from driver import Driver

CLOUD = {'content-type': 'application/cloudevents+json'}


def event(key, **more):
    return json.dumps({'specversion': '1.0', 'id': key, 'source': '/t', 'type': 'thing.x', **more})


class Routes(unittest.TestCase):
    def setUp(self):
        self.driver = Driver()
        self.driver.service('b')

    def code(self, *request):
        told = self.driver.request(*request)
        return told['status'], told['json']['code']

    def test_problems(self):
        """HTTP-002, HTTP-003, HTTP-010 to HTTP-012."""
        self.assertEqual(self.code('GET', '/nothing'), (404, 'route-unknown'))
        self.assertEqual(self.code('PUT', '/messages'), (405, 'method-unsupported'))
        self.assertEqual(self.driver.request('PUT', '/messages')['headers']['allow'], 'POST, GET, DELETE, HEAD')
        self.assertEqual(self.code('GET', '/messages?source=/t'), (400, 'argument-invalid'))
        self.assertEqual(self.code('GET', '/messages?source=/t&id=z'), (404, 'message-unknown'))
        self.assertEqual(self.code('GET', '/services/z'), (404, 'service-unknown'))
        self.assertEqual(self.code('POST', '/messages', {}, ''), (415, 'content-type-unsupported'))
        self.assertEqual(self.code('GET', '/services/b/a/%2e%2E/c'), (400, 'argument-invalid'))
        self.assertEqual(self.code('GET', '/dead-letters/x'), (404, 'dead-letter-unknown'))
        self.assertEqual(self.code('GET', '/dead-letters?limit=0'), (400, 'argument-invalid'))

    def test_publish_and_wait(self):
        """HTTP-018 to HTTP-022, HTTP-028, HTTP-071."""
        seq = self.driver.request('POST', '/messages', {**CLOUD, 'Prefer': 'wait=5'}, event('a b'))
        self.assertEqual(self.driver.open_calls()[0]['request']['headers']['bellhop-attempt'], '1')
        self.driver.settle('c1')
        told = self.driver.answers[seq]['ok']
        self.assertEqual((told['status'], json.loads(told['body'])['status']['deliveries'][0]['outcome']),
                         (200, 'delivered'))
        self.assertEqual(self.driver.request('GET', '/messages?source=%2Ft&id=a%20b')['status'], 200)
        seq = self.driver.request('POST', '/messages', {**CLOUD, 'prefer': 'wait=5'}, event('c'))
        self.driver.advance(5000)
        self.assertEqual(self.driver.answers[seq]['ok']['status'], 202)

    def test_batch(self):
        """HTTP-019."""
        body = '[' + event('x') + ',{},' + event('x') + ']'
        told = self.driver.request('POST', '/messages', {'content-type': 'application/cloudevents-batch+json'}, body)
        self.assertEqual([each['status'] for each in told['json']['results']], [202, 422, 202])

    def test_header_twice(self):
        """ENV-042."""
        from http_binding import handle
        told = handle(self.driver.session.gw, 'POST', '/messages', [
            ('ce-specversion', '1.0'), ('ce-id', 'a'), ('CE-ID', 'b'), ('ce-source', '/s'), ('ce-type', 'a')], b'', None)
        self.assertEqual((told[0], json.loads(told[2])['faults'][0]['code']), (422, 'conflict'))

    def test_letters(self):
        """HTTP-048."""
        self.driver.request('POST', '/messages', CLOUD, event('x'))
        self.driver.settle('c1', 'term')
        letter = self.driver.request('GET', '/dead-letters?receiver=b')['json']['deadLetters'][0]['id']
        self.assertEqual(self.driver.request('GET', '/dead-letters/' + letter)['status'], 200)
        self.assertEqual(self.driver.request('POST', '/dead-letters/%s/redrive' % letter)['json']['run'], 2)
        self.assertEqual(self.code('DELETE', '/dead-letters/' + letter), (404, 'dead-letter-unknown'))

    def test_proxy(self):
        """HTTP-040 to HTTP-047."""
        seq = self.driver.request('PATCH', '/services/b/x/y?z=%201', {'connection': 'a', 'a': '1', 'k': '2',
                                                                     'bellhop-lease': 'q'}, 'body')
        sent = self.driver.open_calls('proxy')[0]['request']
        self.assertEqual((sent['method'], sent['url'], sent['body']), ('PATCH', 'http://127.0.0.1:9/x/y?z=%201', 'body'))
        self.assertEqual(sorted(sent['headers']), ['bellhop-deadline-ms', 'content-length', 'k'])
        self.driver.settle('c1', status=418, headers={'x': '1'}, body='tea')
        self.assertEqual(self.driver.answers[seq]['ok'], {'status': 418, 'headers': {'x': '1'}, 'body': 'tea'})

    def test_gateway(self):
        """HTTP-055, HTTP-056, HTTP-075."""
        for path, kind in (('/', 'application/json'), ('/health', 'application/health+json'),
                           ('/errors', 'text/html; charset=utf-8'), ('/services', 'application/json')):
            told = self.driver.request('GET', path)
            self.assertEqual((told['status'], told['headers']['content-type']), (200, kind))
        self.assertEqual(self.driver.request('GET', '')['status'], 200)


class Service(unittest.TestCase):
    def test_verdicts(self):
        """HTTP-062 to HTTP-067, BUS-056 to BUS-059."""
        driver = Driver()
        driver.do('start', nowMs=0, draws=[0.5], options={}, role='service',
                  service={'name': 's', 'subscriptions': ['thing.>']})
        for number, (answer, status) in enumerate((({'verdict': 'nak', 'delayMs': 1200}, 503), ({'verdict': 'term'}, 422),
                                                   ({'fault': 'unreachable'}, 503), ({'verdict': 'ack'}, 204)), 1):
            seq = driver.request('POST', '/', CLOUD, event('x'))
            self.assertEqual(driver.request('POST', '/', CLOUD, event('x'))['json']['code'], 'in-progress')
            driver.do('settle', call='c%d' % number, answer=answer)
            self.assertEqual(driver.answers[seq]['ok']['status'], status)
            if number == 1:
                self.assertEqual(driver.answers[seq]['ok']['headers']['retry-after'], '2')
        self.assertEqual(driver.request('POST', '/', CLOUD, event('x'))['status'], 204)
        self.assertEqual(driver.request('POST', '/', CLOUD, event('y', type='a'))['json']['code'], 'handler-missing')
        self.assertEqual(driver.request('GET', '/')['json']['name'], 's')
        self.assertEqual(driver.request('GET', '/health')['json']['status'], 'pass')
        self.assertEqual(driver.request('OPTIONS', '/')['headers']['webhook-allowed-origin'], '*')


class Documents(unittest.TestCase):
    def test_documents(self):
        """HTTP-077 to HTTP-080: every route is told; what is left out is said."""
        import documents
        from http_binding import ROUTES
        told = {path: {each.upper() for each in methods} for path, methods in documents.TOLD.items()}
        self.assertEqual({path.replace('{name}', '{id}').lstrip('/'): each for path, each in told.items()},
                         {path: set(each) for path, each in ROUTES.items()})
        driver = Driver(mount='/bus')
        driver.service('b', patterns=['a.*', 'b.>'])
        self.assertEqual(driver.request('GET', '/openapi.json')['json']['servers'], [{'url': '/bus'}])
        channels = driver.request('GET', '/asyncapi.json')['json']['channels']
        self.assertEqual([each['address'] for each in channels.values()], [*documents.OWN, 'a.*', 'b.>'])
        for number in range(20):
            driver.service('c%d' % number, patterns=['x%d.y%d' % (number, each) for each in range(64)])
        self.assertEqual(driver.request('GET', '/asyncapi.json')['json']['info']['x-left-out'], 20 * 64 + 2 - 1000)


class Streams(unittest.TestCase):
    def setUp(self):
        self.driver = Driver(bounds={'calls': 1, 'waits': 1, 'streamBytes': 2000, 'commentMs': 10})
        self.driver.service('b')

    def test_trace(self):
        """HTTP-051 to HTTP-054: in order, bounded, never silent."""
        driver = self.driver
        seq = driver.turn('request', method='GET', path='/trace', headers={}, stream=True)['seq']
        driver.publish('x')
        text = driver.do('read', to=seq)['text']
        self.assertEqual([line for line in text.split('\n') if line.startswith('event')],
                         ['event: accepted', 'event: attempt'])
        driver.advance(10)
        self.assertEqual(driver.do('read', to=seq), {'text': ': idle\n\n', 'ended': False})
        for number in range(20):
            driver.publish('y%d' % number)
        self.assertTrue(driver.do('read', to=seq)['ended'])
        self.assertEqual(driver.session.gw.streams, [])

    def test_proxy(self):
        """HTTP-084: what still streams is counted, until it ends or its reader is gone."""
        driver = self.driver
        get = {'method': 'GET', 'path': '/services/b/x', 'headers': {}, 'stream': True}
        seq = driver.turn('request', **get)['seq']
        call = driver.open_calls('proxy')[0]['call']
        driver.settle(call, status=200, headers={'a': 'b'}, body='begun', unfinished=True)
        self.assertEqual(driver.answers[seq]['ok']['headers'], {'a': 'b'})
        self.assertEqual(driver.do('read', to=seq), {'text': 'begun', 'ended': False})
        self.assertEqual(driver.do('request', **get)['status'], 503)
        driver.do('hang-up', to=seq)
        self.assertTrue(driver.turn('request', **get)['pending'])
        self.assertFalse(driver.settle(call)['held'])

    def test_waits(self):
        """HTTP-082, HTTP-083."""
        wait = {**CLOUD, 'prefer': 'wait=5'}
        self.assertIsInstance(self.driver.request('POST', '/messages', wait, event('x')), int)
        self.assertEqual(self.driver.request('POST', '/messages', wait, event('y'))['status'], 202)

    def test_pages(self):
        """HTTP-085."""
        self.driver.service('c')
        told = self.driver.request('GET', '/services?limit=1')['json']
        self.assertEqual([each['name'] for each in told['services']], ['b'])
        told = self.driver.request('GET', '/services?after=' + told['after'])['json']
        self.assertEqual(([each['name'] for each in told['services']], told['after']), (['c'], None))


class Service(unittest.TestCase):
    def setUp(self):
        self.driver = Driver()
        self.driver.do('start', nowMs=0, draws=[0.5], options={'store': 'memory'}, role='service', service={
            'name': 's', 'subscriptions': ['thing.*'], 'schemas': {'thing.*': ['a']}})

    def deliver(self, key, headers=(), **more):
        return self.driver.request('POST', '/', {**CLOUD, **dict(headers)}, event(key, **more))

    def test_schema(self):
        """HTTP-068."""
        self.assertEqual(self.deliver('x', data={'a': 1})['json']['code'], 'data-invalid')

    def test_stop(self):
        """HTTP-069."""
        self.deliver('x', [('bellhop-deadline-ms', '500')], data={'a': 'b'})
        told = self.driver.turn('advance', toMs=9999)
        self.assertEqual((told['nowMs'], told['events'][0]['kind']), (500, 'stop'))

    def test_reply(self):
        """BUS-122 to BUS-124."""
        seq = self.deliver('x', data={'a': 'b'}, replyto='c@i')
        self.driver.settle(self.driver.open_calls('handler')[0]['call'], verdict='ack', reply={'n': 1})
        told = self.driver.open_calls('publish')[0]
        self.assertEqual([told['envelope'][name] for name in ('type', 'target', 'causationid', 'correlationid')],
                         ['thing.x.reply', 'c@i', 'x', 'x'])
        self.driver.settle(told['call'])
        self.assertEqual(self.driver.answers[seq]['ok']['status'], 204)
        self.assertEqual(self.deliver('r', type='a.b.reply', causationid='z')['status'], 204)


if __name__ == '__main__':
    unittest.main()

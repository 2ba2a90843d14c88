"""Credentials, signatures and the endpoint guard."""
import ipaddress
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from driver import NOW, Driver
from guard import Guard, host_of, is_public
from refusal import Refusal
from sign import verify

SECRET = 'whsec_' + 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo='
TOKENS = {name: name + '-0123456789abcdefghijkl' for name in ('admin', 'maker', 'viewer')}
SECURITY = {'secrets': SECRET, 'allowHosts': ['inside.example'], 'hosts': {
    'b.example': ['93.184.215.14'], 'c.example': ['93.184.215.14', '10.0.0.1'], 'inside.example': ['10.0.0.1']},
    'credentials': [
        {'name': 'admin', 'token': TOKENS['admin'], 'scopes': ['admin']},
        {'name': 'maker', 'token': [TOKENS['maker'], 'x' * 22], 'scopes': ['publish:thing.*', 'register:b'],
         'sources': ['/t']},
        {'name': 'viewer', 'token': TOKENS['viewer'], 'scopes': ['observe']}]}


class Addresses(unittest.TestCase):
    def test_hosts(self):
        """SEC-063."""
        for text, host in {'0x7f.1': '127.0.0.1', '2130706433': '127.0.0.1', '0177.0.0.01': '127.0.0.1', '1.2': '1.0.0.2',
                           'B.Example': 'b.example', '[::FFFF:1.2.3.4]:80': '::ffff:102:304', '1.2.3.4.5': None,
                           '256.1.1.1': None, '1.2.3.09': None, 'a.0x': None, 'b.example.:8': 'b.example.'}.items():
            self.assertEqual(host_of('http://' + text + '/x'), host, text)

    def test_public(self):
        """SEC-058."""
        for text in ('8.8.8.8', '192.0.0.9', '192.31.196.1', '2606:4700::1', '2001:4:112::1', '::ffff:8.8.8.8',
                     '2002:808:808::1', '64:ff9b::808:808'):
            self.assertTrue(is_public(ipaddress.ip_address(text)), text)
        for text in ('10.1.1.1', '100.64.0.1', '127.0.0.1', '169.254.1.1', '192.0.0.1', '198.18.0.1', '224.0.0.1',
                     '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'ff02::1', '2001:db8::1', '2001::1',
                     '::ffff:10.0.0.1', '2002:a00:1::1', '64:ff9b:1::1', '3fff::1'):
            self.assertFalse(is_public(ipaddress.ip_address(text)), text)

    def test_list(self):
        """SEC-060 to SEC-062."""
        guard = Guard('checked', ['*.in.example', '10.0.0.9'], {'a.in.example': ['10.1.1.1'],
                                                              'b.in.example': ['169.254.169.254']}.get)
        self.assertEqual(guard.check('http://a.in.example/x'), ['10.1.1.1'])
        self.assertEqual(guard.check('http://10.0.0.9:8/x'), ['10.0.0.9'])
        for url in ('http://b.in.example', 'http://in.example', 'http://8.8.8.8', 'http://10.0.0.8'):
            with self.assertRaises(Refusal, msg=url):
                guard.check(url)


class Flow(unittest.TestCase):
    def setUp(self):
        self.driver = Driver()
        self.driver.do('start', nowMs=NOW, draws=[0.5], security=SECURITY,
                       options={'store': 'memory', 'healthIntervalMs': 0})

    def ask(self, who, method, path, body=None, **headers):
        if who:
            headers['authorization'] = 'Bearer ' + TOKENS[who]
        event = {'specversion': '1.0', 'id': 'x', 'source': '/t', **(body or {})}
        told = self.driver.request(method, path, {'content-type': 'application/cloudevents+json', **headers},
                                   json.dumps(event))
        return told if isinstance(told, int) else (told['status'], told.get('json', {}).get('code'))

    def register(self, host, **consent):
        seq = self.ask('admin', 'POST', '/registry', {'type': 'service.register', 'data': {
            'name': 'b', 'version': '1', 'instance': 'i', 'endpoint': 'http://%s/b' % host, 'subscriptions': ['>']}})
        if isinstance(seq, tuple):
            return seq
        call = self.driver.open_calls('handshake')[0]['call']
        self.driver.settle(call, status=500, headers=consent or {'webhook-allowed-origin': '*'}, body='')
        return self.driver.answers[seq]['ok']['status']

    def test_scopes(self):
        """SEC-009 to SEC-011, SEC-029 to SEC-035."""
        self.assertEqual(self.ask(None, 'GET', '/health')[0], 200)
        self.assertEqual(self.ask(None, 'GET', '/services'), (401, 'unauthorized'))
        self.assertEqual(self.ask('maker', 'GET', '/services'), (403, 'forbidden'))
        self.assertEqual(self.ask('viewer', 'GET', '/services')[0], 200)
        self.assertEqual(self.ask('maker', 'POST', '/messages', {'type': 'thing.x'})[0], 202)
        for more in ({'type': 'other.x'}, {'source': '/tt'}, {'source': '/t/%2e./x'}, {'priority': 'CRITICAL'},
                     {'replyto': 'c@i'}):
            self.assertEqual(self.ask('maker', 'POST', '/messages', {'type': 'thing.x', **more}), (403, 'forbidden'))
        self.assertEqual(self.ask('maker', 'GET', '/messages?source=/t&id=x')[0], 200)
        self.assertEqual(self.ask('viewer', 'DELETE', '/messages?source=/t&id=z'), (403, 'forbidden'))

    def test_endpoints(self):
        """SEC-019, SEC-024, SEC-054, SEC-059, SEC-061."""
        self.assertEqual(self.register('b.example'), 200)
        self.assertEqual(self.register('inside.example'), 200)
        for host in ('c.example', '127.0.0.1', '[::1]', 'nowhere.example'):
            self.assertEqual(self.register(host), (422, 'endpoint-refused'), host)
        self.assertEqual(self.register('b.example', a='b'), 422)

    def test_signed(self):
        """SEC-016 to SEC-018, SEC-025."""
        self.register('b.example')
        self.ask('maker', 'POST', '/messages', {'type': 'thing.x'})
        sent = self.driver.open_calls()[0]['request']
        verify([SECRET], sent['headers'], sent['body'].encode(), NOW)
        self.driver.do('hosts', hosts={'b.example': ['10.0.0.1']})
        self.driver.settle('c2', 'nak')
        self.assertEqual(self.driver.trace[-2]['reason'], 'endpoint-refused')


class Served(unittest.TestCase):
    def test_served(self):
        """SEC-009, SEC-022: over a socket."""
        with tempfile.TemporaryDirectory() as root:
            config = os.path.join(root, 'security.json')
            with open(config, 'w', encoding='utf-8') as made:
                json.dump(SECURITY, made)
            process = subprocess.Popen([sys.executable, '-B', 'serve.py', '0', '-', config], stdout=subprocess.PIPE,
                                       cwd=os.path.dirname(os.path.abspath(__file__)), text=True)
            try:
                base = process.stdout.readline().strip().replace('0.0.0.0', '127.0.0.1')
                with urllib.request.urlopen(base, timeout=10) as answer:
                    self.assertEqual(json.loads(answer.read())['endpointGuard'], 'pinned')
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(base + '/services', timeout=10)
                self.assertEqual((refused.exception.code, refused.exception.headers['www-authenticate']), (401, 'Bearer'))
                refused.exception.close()
            finally:
                process.kill()
                process.wait()
                process.stdout.close()


if __name__ == '__main__':
    unittest.main()

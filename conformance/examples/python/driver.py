"""A small suite's side of the control plane, for the tests."""
import json

from adapter import Session, turn

NOW = 1767225600000


class Driver:
    """Sends commands as objects; keeps the trace and the open calls."""

    def __init__(self, draws=(0.5,), **options):
        self.session, self.seq = Session(), 0
        self.trace, self.calls, self.answers = [], {}, {}
        self.do('start', nowMs=NOW, draws=list(draws), options={'healthIntervalMs': 0, 'store': 'memory', **options})

    def turn(self, name, **members):
        self.seq += 1
        answer = turn(self.session, {'seq': self.seq, 'do': name, **members})
        for event in answer['events']:
            if event['kind'] == 'trace':
                self.trace.append(event['event'])
            elif event['kind'] == 'call':
                self.calls[event['call']] = event
            elif event['kind'] == 'answer':
                self.answers[event['to']] = event
        return answer

    def do(self, name, **members):
        answer = self.turn(name, **members)
        return answer['ok'] if 'ok' in answer else answer

    def service(self, name, instance='i1', patterns=('thing.>',), **members):
        return self.do('registry', envelope={
            'specversion': '1.0', 'id': 'r', 'source': '/t', 'type': 'service.register', 'data': {
                'name': name, 'version': '1', 'instance': instance, 'endpoint': 'http://127.0.0.1:9/' + name,
                'subscriptions': list(patterns), 'leaseMs': 3600000, **members}})

    def publish(self, key, lease=None, delay_ms=None, **attributes):
        body = json.dumps({'specversion': '1.0', 'source': '/t', 'id': key, 'type': 'thing.x', **attributes})
        extra = {name: value for name, value in (('lease', lease), ('delayMs', delay_ms)) if value is not None}
        return self.do('publish', headers={'content-type': 'application/cloudevents+json'}, body=body, **extra)

    def settle(self, call, verdict='ack', **answer):
        self.calls.pop(call, None)
        if 'status' not in answer:
            answer['verdict'] = verdict
        return self.do('settle', call=call, answer=answer)

    def advance(self, ms):
        """Lets all of that time pass."""
        to = self.session.gw.now + ms
        while self.session.gw.now < to:
            self.turn('advance', toMs=to)

    def kinds(self, key=None):
        return [each['kind'] for each in self.trace if key is None or each.get('id') == key]

    def open_calls(self, what='delivery'):
        return [each for each in self.calls.values() if each['for'] == what]

    def request(self, method, path, headers=None, body=''):
        answer = self.turn('request', method=method, path=path, headers=headers or {}, body=body)
        if 'pending' in answer:
            return answer['seq']
        told = answer['ok']
        if told['body'] and 'json' in told['headers'].get('content-type', ''):
            told['json'] = json.loads(told['body'])
        return told

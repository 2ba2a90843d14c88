"""The questions of control.md that need no bus: parse, write, delay, policy, match, verdict, sign, verify."""
import base64

import envelope
import pattern
from delay import delay
from policy import policy_of
from refusal import Refusal
from sign import sign, verify
from verdict import judge_answer


def body_of(given):
    """A body given as text or base64, in bytes."""
    if 'bodyBase64' in given:
        return base64.b64decode(given['bodyBase64'])
    return given.get('body', '').encode('utf-8', 'surrogatepass')


def refused(refusal):
    return {'refused': {'code': refusal.code, 'faults': refusal.faults or []}}


def ask_parse(given):
    try:
        mode, found = envelope.parse(given['headers'], body_of(given))
    except Refusal as refusal:
        return refused(refusal)
    if mode == 'one':
        return {'envelope': found}
    return {'batch': [refused(each) if isinstance(each, Refusal) else {'envelope': each} for each in found]}


def ask_write(given):
    headers, body = envelope.write(envelope.from_json(given['envelope']), given['mode'])
    try:
        return {'headers': headers, 'body': body.decode('utf-8')}
    except UnicodeDecodeError:
        return {'headers': headers, 'bodyBase64': base64.b64encode(body).decode()}


def ask_delay(given):
    wait, draws = delay(given, given['retry'], lambda: given['u'], given.get('askedMs'))
    return {'waitMs': wait, 'draws': draws}


def ask_policy(given):
    try:
        return {'policy': policy_of(given.get('priority', 'NORMAL'), given['policy'])}
    except Refusal as refusal:
        return {'refused': {'code': refusal.code, 'field': refusal.field}}


def ask_match(given):
    if not pattern.is_pattern(given['pattern']):
        return {'refused': True}
    return {'matches': pattern.matches(given['pattern'], given['type'])}


def ask_verdict(given):
    judged = judge_answer(given['status'], given['headers'], given['nowMs'])
    told = {'verdict': judged.verdict, 'askedMs': judged.asked_ms, 'charged': judged.charged, 'removed': judged.removed}
    return {**told, 'reason': judged.reason} if judged.reason else told


def ask_sign(given):
    return {'signature': sign(given['secret'], given['id'], given['timestampS'], body_of(given))}


def ask_verify(given):
    try:
        verify(given['secrets'], given['headers'], body_of(given), given['nowMs'])
        return {'ok': True}
    except Refusal as refusal:
        return {'refused': refusal.code}


QUESTIONS = {'parse': ask_parse, 'write': ask_write, 'delay': ask_delay, 'policy': ask_policy,
             'match': ask_match, 'verdict': ask_verdict, 'sign': ask_sign, 'verify': ask_verify}


def ask(about, given):
    """The `expect` of a vector of that kind."""
    return QUESTIONS[about](given)

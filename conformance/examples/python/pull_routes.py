"""GET and POST /deliveries as requests (PULL-004, PULL-010 to PULL-012)."""
import poll
import ticket
from deliver import dispatch
from health import closing
from json_text import Malformed, read_bytes
from pull_stream import PullStream
from refusal import Refusal
from registration import judge_number, judge_text
from registry import holder_of
from request import answer_json

VERDICTS = ('ack', 'nak', 'term', 'working')
MAX_ANSWERS = 100
LONGEST_DELAY_MS = 86400000
LONGEST_BODY = 131072


def invalid(field, detail):
    return Refusal('argument-invalid', detail, field=field)


def asker_of(gw, request):
    """The instance that asks or answers (PULL-010, PULL-011)."""
    if 'bellhop-lease' not in request.headers:
        raise invalid('bellhop-lease', 'is missing')
    if request.credential:
        request.credential.need_register()
    return holder_of(gw, request.headers['bellhop-lease'])


def get_deliveries(gw, request):
    """Hands deliveries out, once or as a stream; to a HEAD none."""
    instance = asker_of(gw, request)
    if not instance.pulls:
        raise invalid('delivery', 'that instance is called')
    most, wait = request.number('max', 1, 100, 10), request.number('wait', 0, 60, 0)
    if gw.closing:
        raise closing()
    wants_stream = takes_stream(request.headers.get('accept', ''))
    if request.method == 'HEAD' and not wants_stream:
        return poll.answer_of([])
    if wants_stream:
        stream = PullStream(gw, instance, most) if request.method == 'GET' else b''
        return 200, {'content-type': 'text/event-stream', 'cache-control': 'no-store'}, stream
    return poll.ask(gw, instance, most, wait * 1000, request)


def takes_stream(accept):
    """Whether a header `accept` names the type of a stream."""
    return any(each.partition(';')[0].strip().lower() == 'text/event-stream' for each in accept.split(','))


def post_deliveries(gw, request):
    """Answers for deliveries (PULL-012)."""
    instance = asker_of(gw, request)
    answers = answers_of(request.body)
    results = [{'ticket': each['ticket'], 'held': ticket.answer(gw, instance, each['ticket'], each['verdict'],
                                                                each.get('delayMs'))} for each in answers]
    dispatch(gw)
    return answer_json(200, {'results': results})


def answers_of(body):
    """The answers of a request, each within its table."""
    if len(body) > LONGEST_BODY:
        raise Refusal('body-too-large', 'more than %d bytes' % LONGEST_BODY)
    try:
        given = read_bytes(body)
    except Malformed:
        raise invalid('answers', 'the body is not JSON') from None
    answers = given.get('answers') if isinstance(given, dict) else None
    if not isinstance(answers, list) or not 1 <= len(answers) <= MAX_ANSWERS:
        raise invalid('answers', 'from 1 to %d answers' % MAX_ANSWERS)
    for place, each in enumerate(answers):
        judge_answer('answers[%d]' % place, each)
    return answers


def judge_answer(name, given):
    """Refuses an answer that is out of its table (PULL-010)."""
    if not isinstance(given, dict):
        raise invalid(name, 'no object')
    fault = judge_text(name + '.ticket', given.get('ticket'), 128, lambda text: True)
    if not fault and given.get('verdict') not in VERDICTS:
        raise invalid(name + '.verdict', 'none of ' + ', '.join(VERDICTS))
    if not fault and given.get('delayMs') is not None:
        fault = judge_number(name + '.delayMs', given['delayMs'], 0, LONGEST_DELAY_MS)
    if fault:
        raise invalid(fault['field'], fault['reason'])

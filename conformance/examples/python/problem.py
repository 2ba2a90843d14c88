"""Problem documents (HTTP-010 to HTTP-016)."""
from codes import CODES
from json_text import write_json


def problem_of(refusal, mount=''):
    """The problem of a refusal, as an object (HTTP-011, HTTP-012)."""
    code = refusal.code if refusal.code in CODES else 'internal'
    status, _, retry, title = CODES[code]
    told = {'type': mount + '/errors#' + code, 'title': title, 'status': status, 'code': code, 'retry': retry}
    if refusal.detail:
        told['detail'] = refusal.detail
    if refusal.field:
        told['field'] = refusal.field
    if refusal.faults:
        told['faults'] = refusal.faults
    return told


def answer_problem(refusal, mount='', headers=None):
    """(status, headers, body) of a refusal, with Retry-After where it is known (HTTP-015)."""
    told = problem_of(refusal, mount)
    headers = {'content-type': 'application/problem+json', **(headers or {})}
    if refusal.code == 'unauthorized':
        headers['www-authenticate'] = 'Bearer'
    if refusal.retry_after_ms is not None:
        headers['retry-after'] = str(-(-refusal.retry_after_ms // 1000))
    return told['status'], headers, write_json(told).encode('utf-8')

"""Envelopes: read in three content modes, judged with every fault, written in two."""
import base64
import hashlib
import re

import grammar
from json_text import Malformed, canonical, depth, is_finite, read_bytes, write_json
from refusal import Refusal, fault

STRUCTURED = 'application/cloudevents+json'
BATCHED = 'application/cloudevents-batch+json'
LIMITS = {'maxBytes': 262144, 'maxBatchBytes': 1048576, 'maxBatchEnvelopes': 1000,
          'maxAttributes': 64, 'maxAttributeLength': 4096, 'maxDepth': 64}
LEAST = {'maxBytes': 65536, 'maxBatchBytes': 65536, 'maxBatchEnvelopes': 1,
         'maxAttributes': 32, 'maxAttributeLength': 1024, 'maxDepth': 32}
REQUIRED = ('specversion', 'id', 'source', 'type')
# attribute: (longest, grammar, what it is)
TABLE = {
    'specversion': (None, None, 'must be 1.0'),
    'id': (256, None, 'text'),
    'source': (1024, grammar.is_reference, 'no URI reference'),
    'type': (256, grammar.is_type, 'no tokens joined by dots'),
    'time': (64, grammar.is_time, 'no time of RFC 3339'),
    'subject': (4096, None, 'text'),
    'datacontenttype': (256, grammar.is_media, 'no media type'),
    'dataschema': (1024, grammar.is_absolute, 'no absolute URI'),
    'priority': (None, None, 'none of LOW, NORMAL, HIGH, CRITICAL'),
    'target': (192, grammar.is_target, 'no name or name@instance'),
    'correlationid': (4096, None, 'text'),
    'causationid': (4096, None, 'text'),
    'expirytime': (64, grammar.is_time, 'no time of RFC 3339'),
    'deliverat': (64, grammar.is_time, 'no time of RFC 3339'),
    'replyto': (192, grammar.is_reply, 'no name@instance'),
    'partitionkey': (4096, None, 'text'),
    'traceparent': (256, grammar.is_traceparent, 'no traceparent of W3C'),
    'tracestate': (4096, None, 'text'),
}
ALLOWED = {'specversion': ('1.0',), 'priority': grammar.PRIORITIES}


def limits_of(options):
    """Limits in force; none below its least value (ENV-047)."""
    limits = dict(LIMITS)
    for name, value in (options or {}).items():
        if name not in LIMITS or not isinstance(value, int) or isinstance(value, bool) or value < LEAST[name]:
            raise Refusal('argument-invalid', 'a limit is below its least value or not known', field=name)
        limits[name] = value
    return limits


def malformed(detail):
    return Refusal('envelope-malformed', detail, faults=[])


def invalid(faults):
    return Refusal('envelope-invalid', '; '.join(one['field'] + ': ' + one['reason'] for one in faults[:5]),
                   field=faults[0]['field'], faults=faults)


def lower_headers(headers):
    """Headers by lower-case name, and the names that came twice (ENV-042)."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    found, doubled = {}, []
    for name, value in pairs:
        name = name.lower()
        if name in found:
            doubled.append(name)
            if not name.startswith('ce-'):
                value = found[name] + ', ' + value
        found[name] = value
    return found, doubled


def mode_of(headers):
    """structured, batched or binary by the headers (ENV-028, ENV-029, ENV-034, ENV-035)."""
    content = headers.get('content-type', '')
    media = grammar.media_of(content)
    if media in (STRUCTURED, BATCHED):
        charset = grammar.CHARSET.search(content)
        if charset and charset.group(1).strip('"').lower() != 'utf-8':
            raise Refusal('content-type-unsupported', 'the charset must be utf-8', faults=[])
        return 'structured' if media == STRUCTURED else 'batched'
    if 'ce-specversion' in headers:
        return 'binary'
    raise Refusal('content-type-unsupported', 'no content mode of an envelope', faults=[])


def parse(headers, body, limits=LIMITS):
    """('one', envelope) or ('batch', [envelope or Refusal]) of a request; raises Refusal."""
    headers, doubled = lower_headers(headers)
    mode = mode_of(headers)
    if mode == 'batched':
        return 'batch', parse_batch(body, limits)
    if len(body) > limits['maxBytes']:
        raise Refusal('body-too-large', 'more than maxBytes', faults=[])
    if mode == 'binary':
        return 'one', parse_binary(headers, doubled, body, limits)
    try:
        value = read_bytes(body)
    except Malformed as reason:
        raise malformed(str(reason)) from None
    return 'one', from_json(value, limits)


def parse_batch(body, limits):
    """Each item's envelope or refusal, in order (ENV-030 to ENV-033, BUS-017)."""
    if len(body) > limits['maxBatchBytes']:
        raise Refusal('body-too-large', 'more than maxBatchBytes', faults=[])
    try:
        items = read_bytes(body)
    except Malformed as reason:
        raise malformed(str(reason)) from None
    if not isinstance(items, list):
        raise malformed('a batch is an array')
    if len(items) > limits['maxBatchEnvelopes']:
        raise Refusal('batch-too-large', 'more than maxBatchEnvelopes', faults=[])
    results = []
    for item in items:
        try:
            if depth(item) <= 500 and len(write_json(item).encode()) > limits['maxBytes']:
                raise Refusal('body-too-large', 'more than maxBytes', faults=[])
            results.append(from_json(item, limits))
        except Refusal as refusal:
            results.append(refusal)
    return results


def from_json(value, limits=LIMITS):
    """The envelope of a JSON value (ENV-024, ENV-026, ENV-009)."""
    if not isinstance(value, dict):
        raise malformed('an envelope is an object')
    if getattr(value, 'doubled', False):
        raise malformed('a member is named twice')
    envelope = {name: each for name, each in value.items()
                if each is not None or name == 'data' or not grammar.NAME.fullmatch(name) and name != 'data_base64'}
    faults = judge(envelope, limits)
    if faults:
        raise invalid(faults)
    return envelope


def judge(envelope, limits, skip=()):
    """Every fault of an envelope (ENV-004); `skip` holds fields that have one already."""
    faults = []
    for name in REQUIRED:
        if name not in envelope and name not in skip:
            faults.append(fault(name, 'missing', 'is required'))
    attributes = [name for name in envelope if name not in ('data', 'data_base64')]
    if len(attributes) + len(skip) > limits['maxAttributes']:
        faults.append(fault('', 'too-many', 'more than %d attributes' % limits['maxAttributes']))
    for name in attributes:
        if not grammar.NAME.fullmatch(name):
            faults.append(fault(name, 'name', 'no name of an attribute'))
        else:
            code, reason = judge_attribute(name, envelope[name], limits)
            if code:
                faults.append(fault(name, code, reason))
    faulty = {one['field'] for one in faults} | set(skip)
    faults.extend(judge_data(envelope, limits, 'datacontenttype' in faulty))
    return faults


def judge_attribute(name, value, limits):
    """The first fault of one attribute: (code, reason) or (None, None) (ENV-003, ENV-008)."""
    known = TABLE.get(name)
    if known is None and not isinstance(value, str):
        if isinstance(value, bool):
            return None, None
        if isinstance(value, (int, float)):
            if value != value // 1 or not -2147483648 <= value <= 2147483647:
                return 'out-of-range', 'no integer of 32 bits'
            return None, None
        return 'wrong-type', 'neither text, integer nor boolean'
    if not isinstance(value, str):
        return 'wrong-type', 'not a string'
    longest, rule, says = known or (4096, None, 'text')
    if known and value == '':
        return 'empty', 'must not be empty'
    if name in ALLOWED:
        return (None, None) if value in ALLOWED[name] else ('unknown-value', says)
    if grammar.units(value) > min(longest, limits['maxAttributeLength']):
        return 'too-long', 'more than %d code units' % min(longest, limits['maxAttributeLength'])
    if not grammar.is_clean(value):
        return 'character', 'a control character, lone surrogate or noncharacter'
    if rule and not rule(value):
        return 'format', says
    return None, None


def judge_data(envelope, limits, unknown_kind):
    """Faults of the data (ENV-017 to ENV-022)."""
    if 'data' in envelope and 'data_base64' in envelope:
        return [fault('data_base64', 'conflict', 'beside data')]
    kind = envelope.get('datacontenttype')
    json_kind = not isinstance(kind, str) or grammar.is_json_media(kind)
    if 'data_base64' in envelope:
        value = envelope['data_base64']
        if not isinstance(value, str):
            return [fault('data_base64', 'wrong-type', 'not a string')]
        if not grammar.BASE64.fullmatch(value):
            return [fault('data_base64', 'base64', 'not padded base64')]
        if json_kind and not unknown_kind:
            return [fault('data_base64', 'wrong-type', 'the datacontenttype is JSON')]
    if 'data' in envelope:
        if depth(envelope['data']) > limits['maxDepth']:
            return [fault('data', 'too-deep', 'nested deeper than %d' % limits['maxDepth'])]
        if not json_kind and not unknown_kind and not isinstance(envelope['data'], str):
            return [fault('data', 'wrong-type', 'the datacontenttype is not JSON')]
        if not is_finite(envelope['data']):
            return [fault('data', 'out-of-range', 'a number does not fit a double')]
    return []


ESCAPED = re.compile(r'\\(.)', re.S)


def decode_value(value):
    """A header's value: unquoted, then percent-decoded once (ENV-036, ENV-037, ENV-039)."""
    if value.startswith('"'):
        if len(value) < 2 or not re.fullmatch(r'"(?:[^"\\]|\\.)*"', value, re.S):
            return None, 'quoted'
        value = ESCAPED.sub(r'\1', value[1:-1])
    if re.search(r'%(?![0-9A-Fa-f]{2})', value):
        return None, 'percent'
    parts = re.split('((?:%[0-9A-Fa-f]{2})+)', value)
    try:
        parts[1::2] = [bytes.fromhex(each.replace('%', '')).decode('utf-8') for each in parts[1::2]]
    except UnicodeDecodeError:
        return None, 'utf8'
    return ''.join(parts), None


def parse_binary(headers, doubled, body, limits):
    """The envelope of a request in binary mode (ENV-034 to ENV-044)."""
    envelope, faults = {}, []
    for header, value in headers.items():
        if not header.startswith('ce-'):
            continue
        name = header[3:]
        if header in doubled:
            faults.append(fault(name, 'conflict', 'the header occurs twice'))
        elif name == 'data' or name == 'data_base64' or not grammar.NAME.fullmatch(name):
            faults.append(fault(name, 'name', 'no name of an attribute'))
        elif name == 'datacontenttype':
            faults.append(fault(name, 'conflict', 'content-type says it'))
        else:
            decoded, code = decode_value(value)
            if code:
                faults.append(fault(name, code, 'the encoding is broken'))
            else:
                envelope[name] = decoded
    kind = headers.get('content-type')
    if kind is not None:
        envelope['datacontenttype'] = kind.strip()
    skip = {one['field'] for one in faults}
    if kind is None or grammar.is_json_media(kind):
        if body:
            try:
                envelope['data'] = read_bytes(body)
            except Malformed as reason:
                raise malformed('the data is not JSON: ' + str(reason)) from None
    else:
        put_bytes(envelope, body)
    order = [name for name in envelope if name not in skip]
    faults.extend(judge({name: envelope[name] for name in order}, limits, skip))
    if faults:
        raise invalid(faults)
    return envelope


def put_bytes(envelope, body):
    """Data that is not JSON comes as bytes in binary mode (ENV-018, ENV-021)."""
    if body:
        envelope['data_base64'] = base64.b64encode(body).decode()


def value_text(value):
    """An extension's value as binary mode writes it."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return value if isinstance(value, str) else str(int(value))


def encode_value(value):
    """Percent-encoding of a header's value (ENV-038)."""
    return ''.join(one if '!' <= one <= '~' and one not in '"%' else
                   ''.join('%%%02X' % byte for byte in one.encode('utf-8')) for one in value)


def write(envelope, mode):
    """(headers, body in bytes) of an envelope in structured or binary mode."""
    if mode == 'structured':
        return {'content-type': STRUCTURED}, write_json(envelope).encode('utf-8')
    headers = {}
    for name, value in envelope.items():
        if name == 'datacontenttype':
            headers['content-type'] = value
        elif name not in ('data', 'data_base64'):
            headers['ce-' + name] = encode_value(value_text(value))
    return headers, body_of(envelope)


def body_of(envelope):
    """The data as bytes of a body in binary mode."""
    if 'data_base64' in envelope:
        return base64.b64decode(envelope['data_base64'])
    if 'data' not in envelope:
        return b''
    kind = envelope.get('datacontenttype')
    if kind is None or grammar.is_json_media(kind):
        return write_json(envelope['data']).encode('utf-8')
    return envelope['data'].encode('utf-8', 'surrogatepass')


def fingerprint(envelope):
    """A hash over attributes and data that no content mode changes (BUS-051)."""
    plain = {name: value_text(value) for name, value in envelope.items()
             if name not in ('data', 'data_base64')}
    data = None
    if 'data_base64' in envelope or not grammar.is_json_media(envelope.get('datacontenttype', 'a/json')):
        data = ['bytes', hashlib.sha256(body_of(envelope)).hexdigest()]
    elif 'data' in envelope:
        data = ['json', envelope['data']]
    return hashlib.sha256(canonical([plain, data]).encode('utf-8', 'surrogatepass')).hexdigest()

"""JSON as the envelope needs it: strict, doubled members seen, any depth readable."""
import json
import re
from json.decoder import scanstring


class Malformed(ValueError):
    """The text is not JSON."""


class JsonObject(dict):
    """An object that knows whether a member was named twice (ENV-026)."""
    doubled = False


NUMBER = re.compile(r'-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?')
LITERALS = {'true': True, 'false': False, 'null': None}
INT_DIGITS = 300


def whole(text):
    """An integer; beyond what a double can hold exactly its text matters no more."""
    return int(text) if len(text) < INT_DIGITS else float(text)


def no_constant(name):
    raise Malformed(name)


def from_pairs(pairs):
    found = JsonObject(pairs)
    found.doubled = len(found) != len(pairs)
    return found


def read_json(text):
    """The value of a JSON text, or Malformed. Deep texts take the slow way."""
    try:
        return json.loads(text, object_pairs_hook=from_pairs, parse_int=whole, parse_constant=no_constant)
    except RecursionError:
        return read_deep(text)
    except ValueError as fault:
        raise Malformed(str(fault)) from None


def read_bytes(body):
    """The value of JSON in bytes of UTF-8 without a byte order mark (ENV-024, ENV-025)."""
    try:
        text = body.decode('utf-8')
    except UnicodeDecodeError:
        raise Malformed('not UTF-8') from None
    if text.startswith('\ufeff'):
        raise Malformed('byte order mark')
    return read_json(text)


def read_deep(text):
    """A JSON reader with a stack of its own, for nesting that Python's own cannot take."""
    stack, at, end = [], 0, len(text)
    want, value = 'value', None

    def skip(at):
        while at < end and text[at] in ' \t\n\r':
            at += 1
        return at

    def key(at):
        if text[at:at + 1] != '"':
            raise Malformed('a name was expected')
        try:
            name, at = scanstring(text, at + 1, True)
        except ValueError as fault:
            raise Malformed(str(fault)) from None
        at = skip(at)
        if text[at:at + 1] != ':':
            raise Malformed('a colon was expected')
        return name, at + 1

    while True:
        at = skip(at)
        if want == 'value':
            sign = text[at:at + 1]
            if sign in ('{', '['):
                inner = skip(at + 1)
                close = '}' if sign == '{' else ']'
                if text[inner:inner + 1] == close:
                    value, at, want = (JsonObject() if sign == '{' else []), inner + 1, 'end'
                elif sign == '{':
                    name, at = key(inner)
                    stack.append([JsonObject(), name])
                else:
                    stack.append([[], None])
                    at = inner
                continue
            value, at = scalar(text, at)
            want = 'end'
            continue
        if not stack:
            if at != end:
                raise Malformed('something follows')
            return value
        holder, name = stack[-1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder.doubled = holder.doubled or name in holder
            holder[name] = value
        sign = text[at:at + 1]
        if sign == ',':
            at, want = skip(at + 1), 'value'
            if not isinstance(holder, list):
                stack[-1][1], at = key(at)
        elif sign == (']' if isinstance(holder, list) else '}'):
            value, at = holder, at + 1
            stack.pop()
        else:
            raise Malformed('a comma or an end was expected')


def scalar(text, at):
    """A string, number or literal at this place, and the place behind it."""
    if text[at:at + 1] == '"':
        try:
            return scanstring(text, at + 1, True)
        except ValueError as fault:
            raise Malformed(str(fault)) from None
    for word, value in LITERALS.items():
        if text.startswith(word, at):
            return value, at + len(word)
    found = NUMBER.match(text, at)
    if not found:
        raise Malformed('a value was expected')
    text = found.group()
    return (float(text) if set(text) & set('.eE') else whole(text)), found.end()


LONE = re.compile('[\ud800-\udfff]')


def write_json(value):
    """Compact JSON that is always UTF-8: lone surrogates stay escaped (HTTP-008)."""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':'))
    return LONE.sub(lambda one: '\\u%04x' % ord(one.group()), text)


def depth(value):
    """Nesting: a scalar is 0, {} is 1 (ENV-022)."""
    level, layer = 0, [value]
    while True:
        deeper = []
        found = False
        for one in layer:
            if isinstance(one, dict):
                found = True
                deeper.extend(one.values())
            elif isinstance(one, list):
                found = True
                deeper.extend(one)
        if not found:
            return level
        level += 1
        layer = deeper


def is_finite(value):
    """Whether every number fits a double; infinity is no JSON (BUS-094)."""
    layer = [value]
    while layer:
        one = layer.pop()
        if isinstance(one, float) and one in (float('inf'), float('-inf')):
            return False
        if isinstance(one, (dict, list)):
            layer.extend(one.values() if isinstance(one, dict) else one)
    return True


def canonical(value):
    """Equal texts for values that are equal when numbers are doubles and members have no order."""
    def plain(one):
        if isinstance(one, bool) or one is None or isinstance(one, str):
            return one
        if isinstance(one, (int, float)):
            try:
                return float(one) + 0.0
            except OverflowError:
                return float('inf')
        if isinstance(one, list):
            return [plain(each) for each in one]
        return {name: plain(each) for name, each in one.items()}
    return json.dumps(plain(value), sort_keys=True)

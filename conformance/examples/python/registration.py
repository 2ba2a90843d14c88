"""What a registration may hold (table of registry.md)."""
import grammar
from pattern import is_pattern
from refusal import Refusal, fault


def is_endpoint(text):
    """An http or https URL without credentials and fragment."""
    scheme, sign, rest = text.partition('://')
    if not sign or scheme.lower() not in ('http', 'https') or not grammar.URI.fullmatch(text):
        return False
    host = rest.replace('?', '/').partition('/')[0]
    if '#' in text or '@' in host:
        return False
    bare, _, port = host.rpartition(':') if not host.endswith(']') and ':' in host else (host, '', '')
    return bare != '' and (port == '' or int(port) <= 65535)


def is_path(text):
    """A path relative to the endpoint."""
    return not text.startswith('/') and grammar.RELATIVE.fullmatch(text) is not None and '#' not in text


def judge_text(name, value, longest, rule):
    if not isinstance(value, str):
        return fault(name, 'wrong-type', 'not a string')
    if value == '':
        return fault(name, 'empty', 'must not be empty')
    if grammar.units(value) > longest:
        return fault(name, 'too-long', 'more than %d characters' % longest)
    if not rule(value):
        return fault(name, 'character' if rule is grammar.is_clean else 'format', 'not its grammar')
    return None


def judge_number(name, value, least, most):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return fault(name, 'wrong-type', 'no whole number')
    if not least <= value <= most:
        return fault(name, 'out-of-range', 'not from %d to %d' % (least, most))
    return None


def judge_subscriptions(value):
    if not isinstance(value, list):
        return fault('subscriptions', 'wrong-type', 'no array')
    if len(value) > 64:
        return fault('subscriptions', 'too-many', 'more than 64 patterns')
    for each in value:
        if not isinstance(each, str):
            return fault('subscriptions', 'wrong-type', 'a pattern is a string')
        if not is_pattern(each):
            return fault('subscriptions', 'format', 'no pattern')
    return None


TEXTS = {
    'name': (63, grammar.SERVICE.fullmatch), 'version': (64, grammar.is_clean),
    'instance': (128, grammar.INSTANCE.fullmatch), 'endpoint': (2048, is_endpoint), 'health': (256, is_path),
}
NUMBERS = {'leaseMs': (1000, 3600000), 'maxInFlight': (1, 10000)}
REQUIRED = ('name', 'version', 'subscriptions')


def judge(data):
    """Every fault of a registration (REG-002); members that are not known are passed over (REG-003)."""
    if not isinstance(data, dict):
        return [fault('data', 'wrong-type' if data is not None else 'missing', 'an object is needed')]
    faults = [fault(name, 'missing', 'is required') for name in REQUIRED if data.get(name) is None]
    faults += judge_endpoint(data)
    for name, value in data.items():
        if value is None:
            continue
        if name in TEXTS:
            faults.append(judge_text(name, value, *TEXTS[name]))
        elif name in NUMBERS:
            faults.append(judge_number(name, value, *NUMBERS[name]))
        elif name == 'subscriptions':
            faults.append(judge_subscriptions(value))
        elif name in ('ephemeral', 'receipts') and not isinstance(value, bool):
            faults.append(fault(name, 'wrong-type', 'no boolean'))
        elif name == 'delivery' and value not in ('push', 'pull'):
            faults.append(fault(name, 'unknown-value', 'push or pull'))
    return [each for each in faults if each]


def judge_endpoint(data):
    """Who is called has an endpoint, who pulls has none (PULL-001)."""
    has_one, pulls = data.get('endpoint') is not None, data.get('delivery') == 'pull'
    if has_one and pulls:
        return [fault('endpoint', 'conflict', 'who pulls has none')]
    return [] if has_one or pulls else [fault('endpoint', 'missing', 'is required')]


def invalid(faults):
    return Refusal('registration-invalid', '; '.join(each['field'] + ': ' + each['reason'] for each in faults[:5]),
                   field=faults[0]['field'], faults=faults)


def registration_of(data):
    """The registration with its defaults; refused with registration-invalid."""
    faults = judge(data)
    if faults:
        raise invalid(faults)
    defaults = {'instance': None, 'leaseMs': 30000, 'ephemeral': False, 'receipts': False,
                'maxInFlight': None, 'health': 'health', 'delivery': 'push'}
    return {**defaults, **{name: value for name, value in data.items() if value is not None}}

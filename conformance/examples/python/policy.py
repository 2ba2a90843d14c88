"""The retry policy: presets by priority, every field in its range (RET-013 to RET-015)."""
from refusal import Refusal

RETRIES = {'LOW': 1, 'NORMAL': 3, 'HIGH': 10, 'CRITICAL': 'unlimited'}
PRESET = {'baseMs': 1000, 'factor': 2, 'capMs': 300000, 'jitter': 'full', 'firstRetry': 'immediate',
          'attemptTimeoutMs': 15000, 'maxElapsedMs': 3600000}
WHOLE = {'retries': (0, 1000000), 'baseMs': (0, 2147483647), 'capMs': (0, 2147483647),
         'attemptTimeoutMs': (1, 2147483647), 'maxElapsedMs': (1, 9007199254740991)}


def preset(priority):
    """The policy of a priority before anything is configured."""
    policy = {'retries': RETRIES[priority], **PRESET}
    if priority == 'CRITICAL':
        policy['maxElapsedMs'] = None
    return policy


def is_good(field, value):
    """Whether a field is in its range (RET-014)."""
    if field == 'jitter':
        return value in ('full', 'none')
    if field == 'firstRetry':
        return value == 'immediate'
    if field == 'retries' and value == 'unlimited' or field == 'maxElapsedMs' and value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if field == 'factor':
        return 1 <= value <= 1000
    least, most = WHOLE[field]
    return value == value // 1 and least <= value <= most


def policy_of(priority, fields):
    """The policy of a priority with fields of its own; refused with argument-invalid (RET-014)."""
    policy = preset(priority)
    for field, value in fields.items():
        if field not in policy or not is_good(field, value):
            raise Refusal('argument-invalid', 'outside its range', field=field)
        policy[field] = value
    return policy

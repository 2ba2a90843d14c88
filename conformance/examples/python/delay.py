"""The wait before a retry (RET-017 to RET-026)."""
import math

LONGEST_ASKED = 3600000


def delay(policy, retry, draw, asked_ms=None):
    """(wait in ms, numbers drawn) of retry n; `draw()` gives one number in [0, 1)."""
    computed, draws = 0, 0
    if retry >= 2 and policy['baseMs'] and policy['capMs']:
        try:
            grown = policy['baseMs'] * float(policy['factor']) ** (retry - 2)
        except OverflowError:
            grown = math.inf
        d = min(policy['capMs'], grown)
        if policy['jitter'] == 'full':
            computed, draws = max(1, math.floor(draw() * d)), 1
        else:
            computed = math.floor(d)
    if asked_ms is None:
        return computed, draws
    return max(computed, min(asked_ms, LONGEST_ASKED)), draws

"""Waits before a retry, from docs/spec/retry.md, section Delay."""

import math

from vectors import Vectors

HOUR_MS = 3_600_000
ALMOST_1 = 1 - 2**-53

# retry, baseMs, factor, capMs, jitter, u, askedMs
ROWS = [
    # The worked rows of the chapter.
    (1, 1000, 2, 300000, "full", None, None), (1, 1000, 2, 300000, "full", None, 7000),
    (1, 1000, 2, 300000, "none", None, 7200000), (2, 1000, 2, 300000, "full", 0.5, None),
    (2, 1000, 2, 300000, "full", 0.0, None), (2, 1000, 2, 300000, "full", 0.9999, None),
    (2, 1000, 2, 300000, "none", None, None), (3, 1000, 2, 300000, "full", 0.25, None),
    (5, 1000, 2, 300000, "full", 0.123, None), (5, 1000, 2, 300000, "full", 0.5, 2000),
    (5, 1000, 2, 300000, "full", 0.5, 30000), (5, 1000, 2, 300000, "full", 0.5, 86400000),
    (10, 1000, 2, 300000, "none", None, None), (11, 1000, 2, 300000, "none", None, None),
    (11, 1000, 2, 300000, "full", 0.75, None), (2000, 1000, 2, 300000, "full", 0.5, None),
    (4, 100, 1.5, 10000, "full", 0.5, None), (5, 100, 1.5, 10000, "none", None, None),
    (9, 250, 1, 10000, "none", None, None), (2, 1, 2, 300000, "full", 0.75, None),
    # Retry 1 waits for nothing but what was asked, and draws nothing.
    (1, 1000, 2, 300000, "none", None, None), (1, 1000, 2, 300000, "full", None, 0),
    (1, 1000, 2, 300000, "full", None, 1), (1, 1000, 2, 300000, "full", None, 3600000),
    (1, 1000, 2, 300000, "full", None, 3600001), (1, 2147483647, 1000, 2147483647, "full", None, None),
    (1, 0, 2, 300000, "full", None, 5000), (1, 0, 1, 0, "none", None, None),
    # The ends of u.
    (2, 1000, 2, 300000, "full", ALMOST_1, None), (2, 1000, 2, 300000, "full", 0.001, None),
    (2, 1000, 2, 300000, "full", 0.0009, None), (2, 1000, 2, 300000, "full", 0.0020001, None),
    (20, 1000, 2, 300000, "full", 0.0, None), (20, 1000, 2, 300000, "full", ALMOST_1, None),
    (2, 1, 1, 1, "full", 0.0, None), (2, 1, 1, 1, "full", ALMOST_1, None), (2, 2, 1, 2, "full", 0.5, None),
    # The growth: retry 2 is the base, each later one the factor more.
    (3, 1000, 2, 300000, "none", None, None), (4, 1000, 2, 300000, "none", None, None),
    (4, 1000, 2, 300000, "full", 0.5, None), (6, 1000, 3, 300000, "none", None, None),
    (3, 7, 10, 300000, "full", 0.9, None), (4, 1, 1000, 2147483647, "none", None, None),
    (1000, 250, 1, 10000, "none", None, None), (1000, 250, 1, 10000, "full", 0.5, None),
    (3, 1, 1.5, 1000, "none", None, None), (4, 3, 1.25, 1000, "none", None, None),
    (6, 100, 1.1, 1000, "none", None, None), (6, 100, 1.1, 1000, "full", 0.7, None),
    # The cap.
    (2, 1000, 2, 999, "none", None, None), (2, 1000, 2, 1000, "none", None, None),
    (3, 1000, 2, 1001, "none", None, None), (3, 1000, 2, 1999, "full", 0.5, None),
    (2, 2147483647, 1, 2147483647, "none", None, None), (2, 2147483647, 1, 2147483647, "full", 0.5, None),
    (3, 2147483647, 1000, 2147483647, "none", None, None), (1000001, 1000, 1000, 300000, "none", None, None),
    (1000001, 1, 1.5, 2147483647, "full", 0.25, None), (1025, 1, 2, 1000, "none", None, None),
    (1026, 1, 2, 1000, "none", None, None),
    # Nothing to wait for.
    (2, 0, 2, 300000, "none", None, None), (2, 1000, 2, 0, "none", None, None), (9, 0, 1000, 0, "none", None, None),
    (2, 0, 2, 300000, "none", None, 250),
    # What the receiver asked for.
    (2, 1000, 2, 300000, "full", 0.5, 0), (2, 1000, 2, 300000, "full", 0.5, 499),
    (2, 1000, 2, 300000, "full", 0.5, 500), (2, 1000, 2, 300000, "full", 0.5, 501),
    (2, 1000, 2, 300000, "none", None, 1001), (2, 1000, 2, 300000, "none", None, 3600000),
    (2, 1000, 2, 300000, "none", None, 3600001), (2, 7200000, 1, 7200000, "none", None, 3600001),
    (2, 7200000, 1, 7200000, "none", None, 7300000), (5, 1000, 2, 300000, "full", 0.0, 1),
]


def longest(retry, base, factor, cap):
    """d of the chapter."""
    try:
        return min(float(cap), base * float(factor) ** (retry - 2))
    except OverflowError:
        return float(cap)


def steady(d, u, floored):
    """Whether the row stands if a library's power is wrong in its last bits; products are rounded alike everywhere."""
    share = 1 if u is None else u
    around = [d * (1 - 2**-50), d * (1 + 2**-50)]
    return d == math.floor(d) or all(math.floor(share * near) == floored for near in around)


def wait(retry, base, factor, cap, jitter, u, asked):
    computed, draws = 0, 0
    if retry > 1 and base > 0 and cap > 0:
        d = longest(retry, base, factor, cap)
        if jitter == "full":
            draws, floored = 1, math.floor(u * d)
            computed = max(1, floored)
        else:
            computed = floored = math.floor(d)
        assert steady(d, u if jitter == "full" else None, floored), (retry, base, factor, cap, u)
    return computed if asked is None else max(computed, min(asked, HOUR_MS)), draws


def requirements(retry, jitter, asked):
    numbers = ["RET-028"]
    if retry == 1:
        numbers += ["RET-017", "RET-018"]
    else:
        numbers += ["RET-019", "RET-021"] if jitter == "full" else ["RET-020"]
    if asked is not None:
        numbers += ["RET-022", "RET-023" if asked > HOUR_MS else "RET-024"]
    return numbers


def vectors():
    v = Vectors("delay")
    for retry, base, factor, cap, jitter, u, asked in ROWS:
        waited, draws = wait(retry, base, factor, cap, jitter, u, asked)
        title = f"retry {retry}, {jitter}, {base} x {factor} to {cap}"
        title += ("" if u is None else f", u = {u}") + ("" if asked is None else f", asked {asked}")
        v.add(requirements(retry, jitter, asked), title, {
            "baseMs": base, "factor": factor, "capMs": cap, "jitter": jitter, "retry": retry, "u": u, "askedMs": asked,
        }, {"waitMs": waited, "draws": draws})
    return v

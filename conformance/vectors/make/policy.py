"""Retry policies, from docs/spec/retry.md, section Policy, and the table of docs/spec/priority.md."""

from vectors import Vectors

COMMON = {
    "baseMs": 1000, "factor": 2, "capMs": 300000, "jitter": "full", "firstRetry": "immediate",
    "attemptTimeoutMs": 15000,
}
RETRIES = {"LOW": 1, "NORMAL": 3, "HIGH": 10, "CRITICAL": "unlimited"}
WHOLE = {"retries": 3, **COMMON, "maxElapsedMs": 3600000}
PLAIN = {**WHOLE, "baseMs": 500, "capMs": 60000}

INT32 = 2147483647
# field, values in range, [value out of range, the value in range beside it]
RANGES = [
    ("retries", [0, 1000000, "unlimited"], [(-1, 0), (1000001, 1000000), (1.5, 0), ("infinite", "unlimited"), ("3", 0)]),
    ("baseMs", [0, INT32], [(-1, 0), (INT32 + 1, INT32), (0.5, 0), ("1000", 0)]),
    ("factor", [1, 1.5, 1000], [(0.999, 1), (0, 1), (1000.5, 1000), (-2, 1), ("2", 1.5)]),
    ("capMs", [0, INT32], [(-1, 0), (INT32 + 1, INT32), (0.5, 0), (True, 0)]),
    ("jitter", ["full", "none"], [("equal", "full"), ("decorrelated", "full"), ("Full", "full"), (1, "none")]),
    ("firstRetry", ["immediate"], [("backoff", "immediate"), (0, "immediate")]),
    ("attemptTimeoutMs", [1, INT32], [(0, 1), (INT32 + 1, INT32), (1.5, 1), (-1, 1), ("15000", 1)]),
    ("maxElapsedMs", [1, 9007199254740991, None], [(0, 1), (-1, 1), (1.5, 1), ("unlimited", None)]),
]


def vectors():
    v = Vectors("policy")
    for priority, retries in RETRIES.items():
        filled = {"retries": retries, **COMMON, "maxElapsedMs": None if priority == "CRITICAL" else 3600000}
        v.add(["RET-013"], f"the preset of {priority}", {"priority": priority, "policy": {}}, {"policy": filled})
    v.add(["RET-013", "RET-014"], "the example of the chapter", {"policy": WHOLE}, {"policy": WHOLE})
    for place, (field, good, wrong) in enumerate(RANGES):
        plain = {**PLAIN, "retries": 2 + place}
        numbers = ["RET-014", "RET-015"] if field == "jitter" else ["RET-014"]
        twins = {}
        for value in good:
            policy = {**plain, field: value}
            twins[value] = v.add(numbers, f"{field}: {value}", {"policy": policy}, {"policy": policy})
        for value, beside in wrong:
            kind = f" as {type(value).__name__}" if isinstance(value, (str, bool)) else ""
            v.add(numbers, f"{field}: {value}{kind.replace('str', 'text').replace('bool', 'a boolean')}",
                  {"policy": {**plain, field: value}}, {"refused": {"code": "argument-invalid", "field": field}},
                  twins[beside])
    return v

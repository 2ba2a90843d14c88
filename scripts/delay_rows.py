"""Prints the worked rows of docs/spec/retry.md, from the text of its delay rule alone.

    python3 scripts/delay_rows.py

It shares no code with src/, so that the two can disagree.
"""

import math

HOUR_MS = 3_600_000

# (retry, baseMs, factor, capMs, jitter, u, askedMs); u and askedMs may be absent.
ROWS = [
    (1, 1000, 2, 300_000, "full", None, None),
    (1, 1000, 2, 300_000, "full", None, 7000),
    (1, 1000, 2, 300_000, "none", None, 7_200_000),
    (2, 1000, 2, 300_000, "full", 0.5, None),
    (2, 1000, 2, 300_000, "full", 0.0, None),
    (2, 1000, 2, 300_000, "full", 0.9999, None),
    (2, 1000, 2, 300_000, "none", None, None),
    (3, 1000, 2, 300_000, "full", 0.25, None),
    (5, 1000, 2, 300_000, "full", 0.123, None),
    (5, 1000, 2, 300_000, "full", 0.5, 2000),
    (5, 1000, 2, 300_000, "full", 0.5, 30_000),
    (5, 1000, 2, 300_000, "full", 0.5, 86_400_000),
    (10, 1000, 2, 300_000, "none", None, None),
    (11, 1000, 2, 300_000, "none", None, None),
    (11, 1000, 2, 300_000, "full", 0.75, None),
    (2000, 1000, 2, 300_000, "full", 0.5, None),
    (4, 100, 1.5, 10_000, "full", 0.5, None),
    (5, 100, 1.5, 10_000, "none", None, None),
    (9, 250, 1, 10_000, "none", None, None),
    (2, 1, 2, 300_000, "full", 0.75, None),
]


def exponential(retry, base, factor, cap):
    """The wait of retry 2 and later, before jitter; a power that overflows is beyond any cap."""
    try:
        return min(cap, base * float(factor) ** (retry - 2))
    except OverflowError:
        return cap


def wait(retry, base, factor, cap, jitter, u, asked):
    if retry == 1:
        computed = 0
    elif jitter == "full":
        computed = max(1, math.floor(u * exponential(retry, base, factor, cap)))
    else:
        computed = math.floor(exponential(retry, base, factor, cap))
    return computed if asked is None else max(computed, min(asked, HOUR_MS))


def cell(value):
    return "-" if value is None else str(value)


def main():
    head = ["retry", "baseMs", "factor", "capMs", "jitter", "u", "askedMs", "waitMs"]
    rows = [[cell(value) for value in row] + [str(wait(*row))] for row in ROWS]
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    right = [i != 4 for i in range(len(head))]
    line = lambda row: "| " + " | ".join(
        text.rjust(width) if to_right else text.ljust(width) for text, width, to_right in zip(row, widths, right)
    ) + " |"
    print(line(head))
    print("| " + " | ".join("-" * (width - 1) + (":" if to_right else "-") for width, to_right in zip(widths, right)) + " |")
    for row in rows:
        print(line(row))


if __name__ == "__main__":
    main()

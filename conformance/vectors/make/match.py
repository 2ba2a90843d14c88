"""Patterns and types, from docs/spec/registry.md, section Subscriptions."""

from vectors import Vectors


def invalid(pattern):
    tokens = pattern.split(".")
    return (
        len(pattern) > 256 or len(tokens) > 16 or "" in tokens
        or any(("*" in token or ">" in token) and len(token) > 1 for token in tokens) or ">" in tokens[:-1]
    )


def matches(pattern, type_):
    wanted, given = pattern.split("."), type_.split(".")
    if ("*" in wanted or ">" in wanted) and type_.startswith(("service.", "message.")):
        return False
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(w in ("*", g) for w, g in zip(wanted, given))


LETTERS = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p"
LONG = ".".join(["x" * 20] * 12) + "." + "y" * 4

PAIRS = [
    # The table of the chapter.
    ("user.created", "user.created"), ("user.created", "user.created.v2"), ("user.created", "User.created"),
    ("user.*", "user.created"), ("user.*", "user"), ("user.*", "user.address.changed"),
    ("user.>", "user.created"), ("user.>", "user.address.changed"), ("user.>", "user"),
    ("*.created", "user.created"), ("*.created", "a.b.created"), (">", "user.created"), (">", "message.failed"),
    # Names alone.
    ("a", "a"), ("a", "b"), ("a", "a.b"), ("a.b", "a"), ("user.created", "user.Created"), ("User.created", "User.created"),
    ("user.create", "user.created"), ("user.created", "user.create"), ("a-b_c:d/e", "a-b_c:d/e"), ("!.~", "!.~"),
    # One token.
    ("*", "a"), ("*", "a.b"), ("*.*", "a.b"), ("*.*", "a"), ("*.*", "a.b.c"), ("a.*.c", "a.b.c"), ("a.*.c", "a.c"),
    ("a.*.c", "a.b.b.c"), ("a.*.c", "a.b.d"), ("*.b.*", "a.b.c"), ("a.*", "A.b"), ("*.*.*", "a.b.c"),
    # The rest.
    (">", "a"), (">", "a.b.c"), ("a.>", "b.c"), ("a.b.>", "a.b"), ("a.b.>", "a.b.c"), ("a.b.>", "a.c.b"),
    ("*.>", "a"), ("*.>", "a.b"), ("*.>", "a.b.c"), ("a.*.>", "a.b"), ("a.*.>", "a.b.c"), ("*.b.>", "a.b.c.d"),
    (">", ".".join(["t"] * 100)), ("a.>", "a." + "b" * 254), ("*.created", "ab.created"),
    # What is reserved.
    (">", "service.register"), ("message.*", "message.failed"), ("message.>", "message.failed"),
    ("*.failed", "message.failed"), ("service.*", "service.gone"), ("*.*", "service.gone"),
    ("message.failed", "message.failed"), ("service.gone", "service.gone"), ("*", "service"), (">", "message"),
    ("*.failed", "messages.failed"), ("*.failed", "Message.failed"), ("a.>", "a.message.failed"),
    (">", "services.gone"), ("service.*.x", "service.a.x"),
    # The bounds.
    (LETTERS, LETTERS), (LETTERS + ".q", LETTERS + ".q"), ("*." * 15 + ">", "a." * 17 + "a"), ("*." * 16 + ">", "a." * 17 + "a"),
    (LONG, LONG), (LONG + "y", LONG + "y"),
    # No patterns.
    ("", "a"), (".", "a.b"), ("a.", "a.b"), (".a", "b.a"), ("a..b", "a.x.b"), ("a*", "ab"), ("*a", "ba"), ("a.b*", "a.bc"),
    ("**", "a"), ("a.**", "a.b"), ("*>", "a"), (">>", "a"), ("a>", "ab"), ("a.b>", "a.bc"), (">.a", "b.a"),
    ("a.>.b", "a.x.b"), (">.>", "a.b"), (">.*", "a.b"),
]


def vectors():
    v = Vectors("match")
    assert len(LONG) == 256
    for pattern, type_ in PAIRS:
        short = lambda text: text if len(text) <= 40 else f"{text[:16]}... of {len(text)} characters"
        if invalid(pattern):
            v.add(["REG-039"], f"no pattern: {short(pattern)!r}", {"pattern": pattern, "type": type_}, {"refused": True})
            continue
        reserved = type_.startswith(("service.", "message.")) and ("*" in pattern or ">" in pattern)
        found = matches(pattern, type_)
        v.add(["REG-038", "REG-040"] if reserved else ["REG-038"],
              f"{short(pattern)} {'matches' if found else 'does not match'} {short(type_)}",
              {"pattern": pattern, "type": type_}, {"matches": found})
    return v

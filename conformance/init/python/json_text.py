"""A strict reader of JSON that leaves the parts of a value as the text they came as.

So numbers keep all their digits, members their order, and names that stand twice can be seen. It keeps its own stack:
no nesting, however deep, can exhaust that of Python.
"""

import json
import re

SPACE = "[ \t\n\r]*"
STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"'
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
TOKEN = re.compile(rf"{SPACE}(?:(?P<string>{STRING})|(?P<scalar>{NUMBER}|true|false|null)|(?P<mark>[{{}}\[\],:]))")
END = re.compile(SPACE + r"\Z")

VALUE = frozenset(["string", "scalar", "{", "["])
# What may come after what, within what.
MAY_FOLLOW = {
    ("", ""): VALUE,
    ("{", "{"): {"string", "}"},
    ("key", "{"): {":"},
    (":", "{"): VALUE,
    (",", "{"): {"string"},
    ("value", "{"): {",", "}"},
    ("[", "["): VALUE | {"]"},
    (",", "["): VALUE,
    ("value", "["): {",", "]"},
}


class NotJson(ValueError):
    """The text is no JSON."""


def parts(text):
    """The kind of the value, `{`, `[`, `string` or `scalar`, and what an object or an array holds.

    Each part is its name (`None` in an array), its text and its depth: a scalar is 0, `{}` is 1.
    """
    found, opened, root = [], [], None
    at, before, name, start, depth = 0, "", None, 0, 0
    while before != "value" or opened:
        token = TOKEN.match(text, at)
        inside = opened[-1] if opened else ""
        kind = token and (token["mark"] or token.lastgroup)
        if kind not in MAY_FOLLOW[before, inside]:
            raise NotJson(f"no JSON from character {at} on")
        root, at = root or kind, token.end()
        if kind == "string" and inside == "{" and before != ":":
            before = "key"
            if len(opened) == 1:
                name = json.loads(token["string"])
            continue
        if kind in VALUE and len(opened) == 1:
            start, depth = token.start(token.lastgroup), 0
        if kind in ("{", "["):
            opened.append(kind)
            depth = max(depth, len(opened) - 1)
        before = kind
        if kind in ("}", "]"):
            opened.pop()
        if kind in ("string", "scalar", "}", "]"):
            before = "value"
            if len(opened) == 1:
                found.append((name, text[start:at], depth))
    if not END.match(text, at):
        raise NotJson(f"more than one value: character {at}")
    return root, found

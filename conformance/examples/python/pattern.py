"""Patterns of subscriptions (REG-038 to REG-041)."""
import grammar


def is_pattern(text):
    """1 to 16 tokens, at most 256 characters, wildcards whole and `>` last (REG-039)."""
    if not isinstance(text, str) or not 1 <= len(text) <= 256:
        return False
    tokens = text.split('.')
    if len(tokens) > 16:
        return False
    for place, token in enumerate(tokens):
        if token == '*' or token == '>' and place == len(tokens) - 1:
            continue
        if not grammar.is_type(token):
            return False
    return True


def is_reserved(kind):
    """Types of the protocol itself (BUS-003)."""
    return kind.startswith('service.') or kind.startswith('message.')


def matches(pattern, kind):
    """Whether a good pattern matches a type (REG-038, REG-040); linear (REG-041)."""
    wanted, told = pattern.split('.'), kind.split('.')
    if is_reserved(kind) and ('*' in wanted or '>' in wanted):
        return False
    for place, token in enumerate(wanted):
        if token == '>':
            return len(told) > place
        if place >= len(told) or token != '*' and token != told[place]:
            return False
    return len(told) == len(wanted)

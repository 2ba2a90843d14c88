"""The order in which waiting deliveries of one target start, from docs/spec/priority.md, section The round."""

from vectors import Vectors

ROUND = "CHCNCHCLCHCNCHC"
RANK = "LNHC"
NAMES = {"L": "LOW", "N": "NORMAL", "H": "HIGH", "C": "CRITICAL"}


def dispatch(letters):
    """Indices of `letters`, one priority each in the order of acceptance, in the order of their starts."""
    queues = {letter: [i for i, one in enumerate(letters) if one == letter] for letter in RANK}
    started, cursor = [], 0
    while any(queues.values()):
        place = ROUND[cursor]
        if not queues[place]:
            place = max((letter for letter in RANK if queues[letter]), key=RANK.index)
        started.append(queues[place].pop(0))
        cursor = (cursor + 1) % len(ROUND)
    return started


def runs(letters):
    """[["LOW", 3], ...]: neighbours of one priority together."""
    result = []
    for letter in letters:
        if result and result[-1][0] == NAMES[letter]:
            result[-1][1] += 1
        else:
            result.append([NAMES[letter], 1])
    return result


def vectors():
    v = Vectors("order")
    for title, letters in [
        ("one delivery", "L"), ("one priority, first in first out", "NNNN"),
        ("one of each, the lowest first", "LNHC"), ("one of each, the highest first", "CHNL"),
        ("one round of each weight", "C" * 8 + "H" * 4 + "N" * 2 + "L"),
        ("one round of each weight, the lowest first", "L" + "NN" + "HHHH" + "C" * 8),
        ("two rounds of each weight", "C" * 16 + "H" * 8 + "N" * 4 + "LL"),
        ("LOW behind many CRITICAL starts at the eighth place", "C" * 20 + "L"),
        ("NORMAL behind many CRITICAL", "C" * 20 + "NN"), ("HIGH behind many CRITICAL", "C" * 10 + "HHH"),
        ("no CRITICAL: its places go to HIGH", "LLNNHHHHHH"), ("LOW and NORMAL alone", "LLLLNNNNNNNN"),
        ("LOW and HIGH alone", "LL" + "H" * 18), ("LOW and CRITICAL alone, mixed", "LCLCLCLC"),
        ("all mixed", "NLHCNLHCNLHCNLHCNLHC"), ("more LOW than anything, over the turn of the round", "L" * 20 + "CHN"),
        ("CRITICAL runs dry within the round", "CC" + "H" * 6 + "N" * 6 + "LLL"),
        ("three rounds", "L" * 4 + "N" * 8 + "H" * 14 + "C" * 22),
    ]:
        numbers = ["PRI-018", "PRI-020", "PRI-022", "PRI-025"]
        if set(letters) != set(RANK) or len(letters) != len(ROUND):
            numbers.append("PRI-021")
        v.add(numbers, title, {"queued": runs(letters), "slots": 1}, {"started": dispatch(letters)})
    return v

"""A result that may come after a flush."""
from refusal import Refusal


class Later:
    """Told once, a value or a Refusal; whoever asks before hears of it then."""

    def __init__(self):
        self.is_done, self.value, self.waiting = False, None, []

    def tell(self, value):
        self.is_done, self.value = True, value
        for each in self.waiting:
            each(value)

    def then(self, hear):
        if self.is_done:
            hear(self.value)
        else:
            self.waiting.append(hear)


class Reply:
    """Takes the answer to a request; `gone` hears that whoever asked has left before it could be read."""

    def __init__(self, tell):
        self.tell, self.gone = tell, lambda: None

    def __call__(self, answer):
        self.tell(answer)


def after(found, make):
    """`make` of a result, now if it is there; a Refusal is raised, or told later."""
    if not isinstance(found, Later):
        return make(found)
    if found.is_done:
        if isinstance(found.value, Refusal):
            raise found.value
        return make(found.value)
    made = Later()

    def hear(value):
        try:
            made.tell(value if isinstance(value, Refusal) else make(value))
        except Refusal as refusal:
            made.tell(refusal)
    found.then(hear)
    return made


def gathered(results):
    """A list without a Later in it, or the Later of that list."""
    left, whole = [sum(isinstance(each, Later) for each in results)], Later()

    def hear(place):
        def put(value):
            results[place] = value
            left[0] -= 1
            if left[0] == 0:
                whole.tell(results)
        return put
    for place, each in enumerate(results):
        if isinstance(each, Later):
            each.then(hear(place))
    return whole if left[0] else results

# What the kill tests share: an invariant that does not hold is Broken, of a kind.


class Broken(Exception):
    """One invariant that does not hold: kind is lost, doubled, damaged or stuck."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


def want(condition, kind, text):
    if not condition:
        raise Broken(kind, text)

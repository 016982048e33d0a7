"""Session ids such as caring-king-275: sayable, and drawn from about 30 million."""

import secrets
from collections.abc import Callable, Sequence

from domain.session_id_words import ADJECTIVES, NOUNS, REFUSED

MAX_TRIES = 10
"""How many ids are tried for a free one before the creation gives up."""

Choose = Callable[[Sequence[str]], str]


def is_refused(adjective: str, noun: str) -> bool:
    """Whether a refused word is one of the two, or is spelt across the seam between them."""
    if adjective in REFUSED or noun in REFUSED:
        return True
    seam = len(adjective)
    joined = adjective + noun
    return any(
        start < seam < start + len(word)
        for word in REFUSED
        for start in range(len(joined) - len(word) + 1)
        if joined.startswith(word, start)
    )


_NUMBERS = tuple(str(number) for number in range(100, 1000))


def new_session_id(choose: Choose = secrets.choice) -> str:
    """A random id; whether it is free is for the store to say."""
    while True:
        adjective, noun = choose(ADJECTIVES), choose(NOUNS)
        if not is_refused(adjective, noun):
            return f"{adjective}-{noun}-{choose(_NUMBERS)}"


def new_epoch() -> str:
    """Eight random hex digits."""
    return secrets.token_hex(4)

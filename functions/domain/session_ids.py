"""Session ids such as caring-king-275, drawn from about 30 million. They are easy to say and to spell.

With `longSessionIds`, 16 random characters follow: only a client that has the id can find the session.
"""

# ruff: noqa: SIM905 -- lists of words read better as prose

import secrets
from collections.abc import Callable, Sequence

MAX_ID_ATTEMPTS = 10
"""Ids that are tried for an unused one."""

ADJECTIVES = tuple(
    """
    able agile airy alert amber ample apt arctic autumn azure balmy basic bold brave breezy bright brisk
    bronze bubbly busy calm candid careful caring cheerful chilly civil classic clean clear clever cloudy
    coastal cool copper coral cosmic cozy crisp curious dapper daring deep deft dewy direct dreamy eager
    early earnest easy elegant epic even fair famous fancy fast fearless fine firm fluent fond frank free
    fresh friendly frosty gallant generous gentle giant gifted glad glowing golden graceful grand grateful
    great green happy hardy hearty helpful honest humble ideal jolly joyful keen kind lasting lively loyal
    lucid lucky lunar magic mellow merry mighty mild misty modern modest neat nimble noble novel open
    orderly patient peaceful placid plucky polite prime proud pure quick quiet radiant rapid ready regal
    royal rustic sage serene sharp shiny silent silver simple sincere smart smooth snowy solar solid sonic
    spry stable steady stellar sturdy subtle sunny super swift tender thankful thrifty tidy trusty upbeat
    vast velvet vivid warm wise witty worthy zesty
    """.split()
)

NOUNS = tuple(
    """
    acorn anchor apple arbor atlas aurora badger bamboo banner basil bay beacon bear beaver berry birch
    bison bloom bluff breeze bridge brook canyon castle cedar cello cherry chorus cliff cloud clover comet
    compass condor coral cove crane creek crest crystal daisy dawn delta desert dolphin dove dragon drum
    dune eagle echo elk ember falcon fern fiddle field finch fjord flame flute forest fountain fox galaxy
    garden garnet geyser glacier glade grove gull harbor harp hawk hazel heron hill horizon island ivy jade
    jasmine jay jungle kestrel king kite koala lagoon lake lantern lark laurel lemon lily linden lion lotus
    lynx magnet maple marble marlin meadow melody meteor mint moon moose moss mountain nebula nest oak oasis
    ocean olive opal orbit orchard orchid osprey otter owl palm panda panther path peak pearl pebble pelican
    penguin pepper pine planet plum pond poplar prairie prism puffin quartz queen quill rain raven reef
    ridge river robin rocket rose sail salmon satin seal shore sky sparrow spring spruce star stone stork
    stream summit sun swan temple thistle thunder tiger topaz torch tower trail trout tulip tundra valley
    violet violin walnut wave whale willow wind wolf wren yarrow zebra zenith
    """.split()
)

REFUSED = frozenset(
    """
    anal anus arse ass bastard bitch blood bomb butt cock coon crap cripple cunt damn dead death devil dick
    die dumb dyke fag fat fool fuck ghetto gun hate hell homo idiot jerk kill kkk lame loser moron murder nazi
    negro nude piss poop porn prick pussy rape retard sex shit slave slut spic stupid suicide tit tramp
    twat ugly wank whore wop
    """.split()
)
"""What no id has as one of its words, or spelt across the border between them."""

NUMBERS = tuple(str(number) for number in range(100, 1000))

RANDOM_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
RANDOM_CHARACTERS = 16
"""Characters of 5 bits each: 80 bits."""

Choose = Callable[[Sequence[str]], str]


def is_refused(adjective: str, noun: str) -> bool:
    """Return whether a refused word is one of the two, or is spelt across the border between them."""
    if adjective in REFUSED or noun in REFUSED:
        return True
    border = len(adjective)
    joined = adjective + noun
    return any(
        start < border < start + len(word)
        for word in REFUSED
        for start in range(len(joined) - len(word) + 1)
        if joined.startswith(word, start)
    )


def new_session_id(choose: Choose = secrets.choice, *, is_long: bool = False) -> str:
    """Return a random id, which may be in use. A long one cannot be guessed, and goes by links."""
    while True:
        adjective, noun = choose(ADJECTIVES), choose(NOUNS)
        if not is_refused(adjective, noun):
            spoken = f"{adjective}-{noun}-{choose(NUMBERS)}"
            return f"{spoken}-{_random_part(choose)}" if is_long else spoken


def _random_part(choose: Choose) -> str:
    return "".join(choose(RANDOM_ALPHABET) for _ in range(RANDOM_CHARACTERS))


def new_epoch() -> str:
    """Return eight random hex digits."""
    return secrets.token_hex(4)

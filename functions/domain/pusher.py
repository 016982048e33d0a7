"""Pushing to connections: what is sent, what became of it, how long it may take, and the port for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from domain.errors import UnavailableError

CONNECT_TIMEOUT = ANSWER_TIMEOUT = 1.5
"""Seconds that one attempt waits for a connection to the management API, and then for its answer."""

PUSHING, CLOSING = 8.0, 2.0
"""Seconds from the start of `Pusher.deliver` and `Pusher.disconnect` after which they begin no attempt,
however many connections and payloads there are. Three silent attempts, connections included, take 9.3 s, and
the last of them begins after 6.3; all waits of one throttled push take 5."""

LONGEST_ATTEMPT = CONNECT_TIMEOUT + ANSWER_TIMEOUT
LONGEST_PUSH = PUSHING + LONGEST_ATTEMPT
LONGEST_ROUND = LONGEST_PUSH + CLOSING + LONGEST_ATTEMPT
"""Seconds, at the very most: of one `deliver`, 11, and of a `deliver` with the `disconnect` after it, 16."""


class Outcome(Enum):
    """What became of a delivery, or of closing a connection."""

    DELIVERED = "delivered"
    GONE = "gone"  # the connection no longer exists
    TOO_LARGE = "tooLarge"  # a payload is over what a frame allows
    UNREACHABLE = "unreachable"  # failing or silent, also after bounded retries
    THROTTLED = "throttled"  # refused for now, also after bounded retries, or the call's time was up first


CLOSED = frozenset({Outcome.DELIVERED, Outcome.GONE})
"""Outcomes of closing a connection after which it is closed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Payloads for one connection, sent one after the other; the first that fails ends it."""

    connection_id: str
    payloads: tuple[bytes, ...]


class PushConfigurationError(UnavailableError):
    """The management API refuses this caller or this address; no retry and no other connection will do."""


class Pusher(Protocol):
    """Sends to connections other than the caller's own reply."""

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Carry out all deliveries concurrently, each in its order; outcomes stand as the deliveries do.

        Give each connection one delivery a call, or the order between its deliveries is lost. Raises
        PushConfigurationError where no push could ever succeed.
        """
        ...

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        """Close connections from the server's side: what is not CLOSED after it is open still.

        Raises PushConfigurationError.
        """
        ...

"""A push to a connection: what is sent, what became of it, and how long it may take."""

from dataclasses import dataclass
from enum import Enum

from domain.errors import UnavailableError

CONNECT_TIMEOUT_SECONDS = RESPONSE_TIMEOUT_SECONDS = 1.5
"""How long one attempt waits for a connection to the management API, and then for the response."""

DELIVER_SECONDS, DISCONNECT_SECONDS = 8.0, 2.0
"""Time from the start of `Pusher.deliver` and `Pusher.disconnect` after which they start no attempt, however
many connections and payloads there are. Three attempts without a response, connecting included, take 9.3 s,
and the last of them starts after 6.3 s. All waits of one throttled push take 5 s."""

MAX_ATTEMPT_SECONDS = CONNECT_TIMEOUT_SECONDS + RESPONSE_TIMEOUT_SECONDS
MAX_DELIVER_SECONDS = DELIVER_SECONDS + MAX_ATTEMPT_SECONDS
"""11 s: the longest that one `deliver` takes."""
MAX_DELIVER_AND_DISCONNECT_SECONDS = MAX_DELIVER_SECONDS + DISCONNECT_SECONDS + MAX_ATTEMPT_SECONDS
"""16 s: the longest that a `deliver` takes with the `disconnect` after it."""

MAX_PUSH_BYTES = 32 * 1024
"""API Gateway disconnects a client that sends a longer frame, and meters in units of this size (API Gateway
Developer Guide, "Quotas for configuring and running a WebSocket API")."""

QUEUE_SECONDS = 3.0
"""Time of one attempt to send tasks to the queue (adapters/fan_out_queue.py)."""


class Outcome(Enum):
    """What became of a delivery, or of a request to close a connection."""

    DELIVERED = "delivered"
    GONE = "gone"
    """The connection does not exist."""
    TOO_LARGE = "tooLarge"
    """A payload exceeds the size of a frame."""
    UNREACHABLE = "unreachable"
    """Every attempt failed or had no response."""
    THROTTLED = "throttled"
    """Every attempt was refused with 429."""
    OUT_OF_TIME = "outOfTime"
    """The time of the call ran out before the attempts did. It says nothing of the connection."""


CLOSED = frozenset({Outcome.DELIVERED, Outcome.GONE})
"""Outcomes of `Pusher.disconnect` after which the connection is closed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Payloads for one connection, sent in order. The first one that fails ends the delivery."""

    connection_id: str
    payloads: tuple[bytes, ...]


class PushConfigurationError(UnavailableError):
    """The management API refuses this caller or this address, so that no push can succeed."""

"""Pushing to connections: what is sent, what became of it, and the port that does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sessions.errors import UnavailableError


class Outcome(Enum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    GONE = "gone"  # the connection no longer exists
    TOO_LARGE = "tooLarge"  # a payload is over what a frame allows
    UNREACHABLE = "unreachable"  # throttled, failing or silent, also after bounded retries


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

    def disconnect(self, connection_ids: Sequence[str]) -> None:
        """Close connections from the server's side; those already gone, or that fail to close, are let be."""
        ...

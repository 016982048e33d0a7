"""The load that a stack declares, to have its quotas checked and its costs estimated."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from websocket_sessions.arguments import ArgumentError, camel_case, check_range

FRAME_BYTES = 32 * 1024
MINUTES_A_MONTH = 31 * 24 * 60
_MAY_BE_ZERO = {
    "messages_per_second",
    "minutes",
    "reconnects_per_hour",
    "outage_seconds",
    "http_requests_per_second",
    "reserved_concurrency",
}


@dataclass(frozen=True, kw_only=True)
class Load:
    """The load at the busiest time and its duration. The estimate assumes it for the whole duration."""

    sessions: int
    """Sessions at the same time."""
    listeners: int
    """Listeners of each session."""
    messages_per_second: float
    """Messages per second that are published in each session."""
    message_bytes: int = 500
    """Size of a push in bytes."""
    minutes: float
    """Minutes per month for which this load lasts."""
    session_minutes: float = 60
    """Duration of a session in minutes."""
    arrival_seconds: float = 60
    """Seconds within which all listeners connect."""
    reconnects_per_hour: float = 1
    """Times per hour that one connection is lost and replaced, beside the handovers at two hours."""
    outage_seconds: float = 10
    """Seconds until a lost connection is replaced. The messages of that time are replayed."""
    http_requests_per_second: float = 0
    """Requests per second to the HTTP API."""
    reserved_concurrency: int = 0
    """Concurrency of Lambda that other functions of the account have reserved."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        highest = {
            "sessions": 1e6,
            "listeners": 1e5,
            "messages_per_second": 1e4,
            "message_bytes": FRAME_BYTES,
            "minutes": MINUTES_A_MONTH,
            "session_minutes": MINUTES_A_MONTH,
            "arrival_seconds": 86_400,
            "reconnects_per_hour": 3_600,
            "outage_seconds": 3_600,
            "http_requests_per_second": 1e4,
            "reserved_concurrency": 1e6,
        }
        for name, value in asdict(self).items():
            lowest = 0 if name in _MAY_BE_ZERO else 1
            check_range(f"load.{camel_case(name)}", value, lowest, highest[name])

    @classmethod
    def from_config(cls, given: Mapping[str, Any]) -> Self:
        """Read it from the stack's config; raises ArgumentError for what is unknown, missing or wrong."""
        names = {camel_case(item.name): item.name for item in fields(cls)}
        unknown = sorted(given.keys() - names)
        if unknown:
            raise ArgumentError(f"load has {', '.join(unknown)}: allowed is {', '.join(names)}")
        try:
            return cls(**{names[key]: value for key, value in given.items()})
        except TypeError as error:
            raise ArgumentError(f"load is {dict(given)!r}: {error}") from error

    @property
    def connections(self) -> int:
        """Connections at once: the listeners, and a speaker for each session."""
        return self.sessions * (self.listeners + 1)

    @property
    def published(self) -> float:
        """Messages published a second, in all sessions."""
        return self.sessions * self.messages_per_second

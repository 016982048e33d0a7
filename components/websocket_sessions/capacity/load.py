"""The load that a stack declares, to have its quotas checked and its costs estimated."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from websocket_sessions.arguments import ArgumentError, camel_case, check_range

FRAME_BYTES = 32 * 1024
MINUTES_A_MONTH = 31 * 24 * 60
HOUR_SECONDS = 3_600
_LOWEST = {
    "messages_per_second": 0,
    "minutes": 0,
    "reconnects_per_hour": 0,
    "outage_seconds": 0,
    "http_requests_per_second": 0,
    "channel_publish_seconds": 0.001,
    "reserved_concurrency": 0,
    "deployments": 0,
    "invocation_seconds": 0.001,
    "push_seconds": 0.00001,
}
"""The lowest value of a number; of any other it is 1."""


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
    languages: int = 1
    """Target languages of a session's listeners. Each has a channel, in a stack with `audienceChannel`."""
    minutes: float
    """Minutes per month for which this load lasts."""
    session_minutes: float = 60
    """Duration of a session in minutes."""
    arrival_seconds: float = 60
    """Seconds within which all listeners connect."""
    reconnects_per_hour: float = 1
    """Times per hour that one connection is lost and replaced, beside the handovers at two hours."""
    outage_seconds: float = 10
    """Seconds until a lost connection is replaced. A listener gets the messages of that time as replays."""
    http_requests_per_second: float = 0
    """Requests per second to the HTTP API."""
    reserved_concurrency: int = 0
    """Concurrency of Lambda that other functions of the account have reserved."""
    function_versions: int = 1
    """Published versions that each function has with `snapStart`. Former ones are billed until they are
    deleted."""
    deployments: float = 0
    """Deployments per month that change the functions, each of which publishes versions with `snapStart`."""
    invocation_seconds: float = 0.03
    """Duration of an invocation in seconds, without its pushes. It is assumed: only an account shows it."""
    push_seconds: float = 0.0005
    """Duration of one push among many in seconds. It is assumed, too, for functions of 1 GB."""
    channel_publish_seconds: float = 0.02
    """Duration of a publish to the audience's channel in seconds. It is assumed, too."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        highest = {
            "sessions": 1e6,
            "listeners": 1e5,
            "messages_per_second": 1e4,
            "message_bytes": FRAME_BYTES,
            "languages": 200,
            "minutes": MINUTES_A_MONTH,
            "session_minutes": MINUTES_A_MONTH,
            "arrival_seconds": 86_400,
            "reconnects_per_hour": HOUR_SECONDS,
            "outage_seconds": HOUR_SECONDS,
            "http_requests_per_second": 1e4,
            "reserved_concurrency": 1e6,
            "function_versions": 1e4,
            "deployments": MINUTES_A_MONTH,
            "invocation_seconds": 29,
            "push_seconds": 1,
            "channel_publish_seconds": 29,
        }
        for name, value in asdict(self).items():
            check_range(f"load.{camel_case(name)}", value, _LOWEST.get(name, 1), highest[name])
        if self.away > 1:
            raise ArgumentError(
                f"load.reconnectsPerHour is {self.reconnects_per_hour:g} and load.outageSeconds is "
                f"{self.outage_seconds:g}: their product must be at most {HOUR_SECONDS}, an hour's seconds"
            )

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
    def away(self) -> float:
        """The share of its time for which a client has no connection."""
        return self.reconnects_per_hour * self.outage_seconds / HOUR_SECONDS

    @property
    def connections(self) -> int:
        """Connections at once: the listeners, and a speaker for each session."""
        return self.sessions * (self.listeners + 1)

    @property
    def published(self) -> float:
        """Messages published a second, in all sessions."""
        return self.sessions * self.messages_per_second

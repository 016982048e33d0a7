"""Every wait of the client, in seconds, and the back-off that retries use."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Waits in seconds. The defaults answer API Gateway's limits; tests use shorter ones."""

    connect_seconds: float = 10.0
    """For the WebSocket handshake."""
    token_seconds: float = 10.0
    """For one answer of the token provider."""
    reply_seconds: float = 10.0
    """For one reply. API Gateway gives an integration 29 s; a person does not wait that long."""
    request_seconds: float = 30.0
    """For a request over all its attempts."""
    heartbeat_seconds: float = 540.0
    """Silence of the server after which a heartbeat is sent. The keep-alive breaks it earlier, so it is sent
    only if that fails, and still before API Gateway's idle timeout of 600 s."""
    heartbeat_reply_seconds: float = 10.0
    """Silence after a heartbeat that means a dead connection."""
    probe_reply_seconds: float = 4.0
    """Silence after a heartbeat that was sent because a reply did not arrive."""
    handover_seconds: float = 110 * 60.0
    """Age at which a connection is handed over; API Gateway closes it after two hours."""
    handover_jitter_seconds: float = 120.0
    """At most this much earlier, at random, so that listeners do not all move together."""
    drain_seconds: float = 5.0
    """How long an old connection may wait for its replies after a new one has taken over."""
    token_lead_seconds: float = 120.0
    """How long before its expiry a token is replaced."""
    token_floor_seconds: float = 5.0
    """Shortest wait between two refreshes of a token, whatever the clocks say."""
    gap_seconds: float = 1.0
    """How long a gap may stay open before the missing messages are requested."""
    silence_seconds: float = 60.0
    """Silence from the session after which a listener asks for missed messages; doubles while it lasts."""
    silence_cap_seconds: float = 300.0
    """The longest of those silences."""
    ending_seconds: float = 90.0
    """How long an ended session's last messages are awaited; rate limits have windows of a minute."""
    backoff_seconds: float = 0.5
    """The first wait between attempts, at most."""
    backoff_cap_seconds: float = 20.0
    """The longest wait between attempts."""

    def backoff_delay(self, failures: int) -> float:
        """Return a wait with full jitter, which doubles with each failure up to `backoff_cap_seconds`."""
        return random.uniform(0, min(self.backoff_cap_seconds, self.backoff_seconds * 2 ** min(failures, 32)))  # noqa: S311

    def with_jitter(self, retry_after: float) -> float:
        """Return the server's wait plus full jitter of the same length.

        The server gives the same wait to many clients, which must not all return at its end.
        """
        return retry_after + random.uniform(0, retry_after)  # noqa: S311

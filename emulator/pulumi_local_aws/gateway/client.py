"""A connected client, as the routes, the management API and the admin interface use it."""

from typing import Protocol

from pulumi_local_aws.gateway.integrations.events import ConnectionContext


class Client(Protocol):
    """One accepted WebSocket connection."""

    @property
    def id(self) -> str: ...

    @property
    def log_id(self) -> str:
        """A digest of the id for log lines."""
        ...

    @property
    def context(self) -> ConnectionContext: ...

    @property
    def is_open(self) -> bool: ...

    @property
    def is_writable(self) -> bool:
        """False while the client reads too slowly and the send buffer is full."""
        ...

    @property
    def last_active_at(self) -> int:
        """The time of the last message in either direction, in epoch milliseconds."""
        ...

    def send(self, payload: bytes) -> bool:
        """Send a text message. Return False if the connection is closed."""
        ...

    def receive(self, text: str) -> None:
        """Handle a text message as if the client had sent it."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake."""
        ...

    def abort(self) -> None:
        """Drop the TCP connection without a close frame, as a failing network does (1006)."""
        ...

    def restart_timeouts(self) -> None:
        """Schedule the idle and duration timeouts anew after the clock's factor changed."""
        ...

"""The results of requests. Use cases return them and push some of them to others; wire/ writes the messages.

They are named tuples, since a dataclass takes ten times as long to define, which a cold start waits for.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from domain.message_log import Entry
from domain.model import EndReason, Replayed, Reset, Role, Session

if TYPE_CHECKING:
    from domain.channel import ChannelOffer


class SessionCreated(NamedTuple):
    """A session was created, now or by an earlier attempt of the same request."""

    session: Session
    listeners: int = 0


class SessionResumed(NamedTuple):
    """The connection is the session's speaker. `replay` is None if the client gave no position."""

    session: Session
    listeners: int
    replay: Replayed | Reset | None


class SessionJoined(NamedTuple):
    """The connection is a listener, or recovered messages of a session that has ended (`end_reason`).

    `channel` is the channel that the listener may subscribe to, and `on_channel` whether it receives the
    session's pushes there.
    """

    session: Session
    target_language: str
    replay: Replayed | Reset
    end_reason: EndReason | None
    channel: "ChannelOffer | None" = None
    on_channel: bool = False


class SessionView(NamedTuple):
    """A session as anyone with its id may see it, and the connection's role in it, or None."""

    session: Session
    listeners: int
    role: Role | None
    end_reason: EndReason | None


class SessionUpdated(NamedTuple):
    """The session's status or quality has changed."""

    session: Session


class SessionEnded(NamedTuple):
    """The session has ended."""

    session: Session
    reason: EndReason


class SessionLeft(NamedTuple):
    """The connection is attached to no session any more."""

    session_id: str


class TokenRefreshed(NamedTuple):
    """The connection has a new token."""

    expires_at: int


class Published(NamedTuple):
    """The message has this offset in the session's log."""

    session_id: str
    offset: int


class MessageSent(NamedTuple):
    """An entry of the log, for a listener of `language`, or for the speaker if that is None."""

    entry: Entry
    language: str | None


class ListenersCounted(NamedTuple):
    """The number of a session's listeners has changed."""

    session_id: str
    listeners: int


class ConnectionReplaced(NamedTuple):
    """Another connection is the session's speaker."""

    session: Session


BroadcastEvent = SessionUpdated | SessionEnded
"""What everyone in a session gets."""

PushEvent = BroadcastEvent | MessageSent | ListenersCounted | ConnectionReplaced

EncodePush = Callable[[PushEvent], bytes]
"""Writes an event as the payload of a push."""

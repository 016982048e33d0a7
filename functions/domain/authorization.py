"""Who asks, and what they may do: a connection's rights follow from what it is attached to."""

from dataclasses import dataclass

from domain.digest import request_key
from domain.errors import (
    ConflictError,
    ForbiddenError,
    SessionEndedError,
    SessionNotFoundError,
    TokenExpiredError,
    UnavailableError,
    UnsupportedLanguageError,
)
from domain.model import AsSpeaker, Attachment, Connection, RequestRecord, Role, Session
from domain.ports import Connections, Sessions
from domain.settings import Settings

REQUEST_KEPT = 86400
"""Seconds for which a repeated request is recognised."""

TRIES = 5
"""How often a request looks again after the state changed under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever sent a request, as its event says. Over HTTP there is no connection."""

    connection_id: str | None
    subject: str | None
    address: str
    """Digest of the client's address."""


def known_connection(connections: Connections, connection_id: str, now: int) -> Connection:
    """The connection's record, its token still good. Raises TokenExpiredError and UnavailableError."""
    connection = any_connection(connections.get(connection_id))
    if connection.token_expired(now):
        raise TokenExpiredError
    return connection


def any_connection(connection: Connection | None) -> Connection:
    """A record that is there; one that was taken for gone cannot be attached, whatever its socket does."""
    if connection is None:
        raise UnavailableError("This connection is not known any more; connect again.", retry_after=None)
    return connection


def kept_session(session: Session | None, now: int) -> Session:
    """A session that is there, be it over. Raises SessionNotFoundError."""
    if session is None or session.is_gone(now):
        raise SessionNotFoundError
    return session


def open_session(session: Session | None, now: int) -> Session:
    """A session that is there and not over. Raises SessionNotFoundError and SessionEndedError."""
    session = kept_session(session, now)
    if session.ended_because(now):
        raise SessionEndedError
    return session


def speaking(connection: Connection) -> AsSpeaker:
    """The authority of a connection that is attached as a speaker. Raises ForbiddenError."""
    attachment = speaker_attachment(connection)
    return AsSpeaker(connection_id=connection.connection_id, generation=attachment.generation)


def speaker_attachment(connection: Connection) -> Attachment:
    """What a speaker's connection is attached to. Raises ForbiddenError."""
    attachment = connection.attachment
    if attachment is None or attachment.role is not Role.SPEAKER:
        raise ForbiddenError("Only the session's speaker may do that.")
    return attachment


def free_to_attach(sessions: Sessions, connection: Connection | None, now: int) -> Attachment | None:
    """What a new attachment may take the place of: nothing, or one that means nothing any more.

    That is one to a session that is over or gone, and a speaker's that a newer generation replaced. Raises
    ConflictError for one that holds, TokenExpiredError, and UnavailableError for a connection that is gone.
    """
    connection = any_connection(connection)
    if connection.token_expired(now):
        raise TokenExpiredError
    attachment = connection.attachment
    if attachment is None:
        return None
    session = sessions.get(attachment.session_id)
    if session is None or session.is_gone(now) or session.ended_because(now):
        return attachment
    if attachment.role is Role.SPEAKER and session.generation != attachment.generation:
        return attachment
    raise ConflictError


def refusal(session: Session | None, now: int) -> SessionNotFoundError | SessionEndedError | ForbiddenError:
    """Why a session refused a write: it is gone, it is over, or the authority for the write is not enough."""
    if session is None or session.is_gone(now):
        return SessionNotFoundError()
    if session.ended_because(now):
        return SessionEndedError()
    return ForbiddenError("The session belongs to someone else, or to a newer connection of its speaker.")


def supported(settings: Settings, language: str) -> str:
    """A language that this stack serves. Raises UnsupportedLanguageError."""
    if language not in settings.supported_languages:
        raise UnsupportedLanguageError(
            f"The language is not supported; allowed are {', '.join(settings.supported_languages)}."
        )
    return language


def request_record(
    who: str, action: str, request_id: str | None, session_id: str, now: int
) -> RequestRecord | None:
    """What makes a repeat of this request recognisable; none for a request without an id."""
    if request_id is None:
        return None
    key = request_key(who, action, request_id)
    return RequestRecord(key=key, session_id=session_id, ttl=now + REQUEST_KEPT)

"""The caller of a request and its permissions, which follow from what its connection is attached to."""

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
from domain.model import Attachment, Connection, RequestRecord, Role, Session, SpeakerAuthority
from domain.ports import Connections, Sessions
from domain.settings import Settings

REQUEST_RETENTION_SECONDS = 86400
"""How long a repeated request is recognized."""

MAX_ATTEMPTS = 5
"""How often a request is decided again after the state changed."""


def require_valid_connection(connections: Connections, connection_id: str, now: int) -> Connection:
    """Return the connection. Raises UnavailableError without a record, and TokenExpiredError."""
    connection = require_connection(connections.get(connection_id))
    if connection.token_expired(now):
        raise TokenExpiredError
    return connection


def require_connection(connection: Connection | None) -> Connection:
    """Return the connection. Raises UnavailableError without a record, even if the socket is open."""
    if connection is None:
        raise UnavailableError("The connection has no record any more; connect again.", retry_after=None)
    return connection


def require_session(session: Session | None, now: int) -> Session:
    """Return a session that exists, ended or not. Raises SessionNotFoundError."""
    if session is None or session.is_gone(now):
        raise SessionNotFoundError
    return session


def require_open_session(session: Session | None, now: int) -> Session:
    """Return a session that has not ended. Raises SessionNotFoundError and SessionEndedError."""
    session = require_session(session, now)
    if session.ended_because(now):
        raise SessionEndedError
    return session


def require_speaker(connection: Connection) -> SpeakerAuthority:
    """Return the authority of a speaker's connection. Raises ForbiddenError."""
    attachment = require_speaker_attachment(connection)
    return SpeakerAuthority(connection_id=connection.connection_id, generation=attachment.generation)


def require_speaker_attachment(connection: Connection) -> Attachment:
    """Return the attachment of a speaker's connection. Raises ForbiddenError."""
    attachment = connection.attachment
    if attachment is None or attachment.role is not Role.SPEAKER:
        raise ForbiddenError("Only the session's speaker may do that.")
    return attachment


def attachment_to_replace(sessions: Sessions, connection: Connection | None, now: int) -> Attachment | None:
    """Return the stale attachment that a new one may replace, or None.

    An attachment is stale if its session has ended or is gone, or if a newer generation replaced its speaker.
    Raises ConflictError for one that holds, TokenExpiredError, and UnavailableError for a connection without
    a record.
    """
    connection = require_connection(connection)
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


def refused_write_error(
    session: Session | None, now: int
) -> SessionNotFoundError | SessionEndedError | ForbiddenError:
    """Return why a write to a session failed: it is gone, has ended, or the authority is insufficient."""
    if session is None or session.is_gone(now):
        return SessionNotFoundError()
    if session.ended_because(now):
        return SessionEndedError()
    return ForbiddenError("The session belongs to another user, or to a newer connection of its speaker.")


def require_supported_language(settings: Settings, language: str) -> str:
    """Return the language. Raises UnsupportedLanguageError."""
    if language not in settings.supported_languages:
        raise UnsupportedLanguageError(
            f"The language is not supported; allowed are {', '.join(settings.supported_languages)}."
        )
    return language


def request_record(
    sender: str, action: str, request_id: str | None, session_id: str, now: int
) -> RequestRecord | None:
    """Return the record that identifies a repeat of this request, or None without a request id."""
    if request_id is None:
        return None
    key = request_key(sender, action, request_id)
    return RequestRecord(key=key, session_id=session_id, ttl=now + REQUEST_RETENTION_SECONDS)

"""What a request can be refused with. The wire forms are made here and nowhere else."""

from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar

from wire.schema_generated import ERRORS


class ErrorCode(StrEnum):
    """The protocol's error codes (PROTOCOL.md)."""

    INVALID_MESSAGE = "INVALID_MESSAGE"
    UNKNOWN_ACTION = "UNKNOWN_ACTION"
    UNAUTHORIZED = "UNAUTHORIZED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105
    FORBIDDEN = "FORBIDDEN"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    SESSION_ENDED = "SESSION_ENDED"
    SESSION_FULL = "SESSION_FULL"
    INVALID_SESSION_ID = "INVALID_SESSION_ID"
    INVALID_LANGUAGE = "INVALID_LANGUAGE"
    UNSUPPORTED_LANGUAGE = "UNSUPPORTED_LANGUAGE"
    INVALID_QUALITY = "INVALID_QUALITY"
    RATE_LIMITED = "RATE_LIMITED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    CONFLICT = "CONFLICT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class SessionError(Exception):
    """A refusal that the client is told: its code, a sentence for people, and when to try again."""

    code: ErrorCode = ErrorCode.INTERNAL
    default: ClassVar[str] = "The request failed."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message or self.default)
        self.message = message or self.default
        self.retry_after = retry_after


class InvalidMessageError(SessionError):
    """The message is not what its action takes."""

    code = ErrorCode.INVALID_MESSAGE
    default = "The message is not a JSON object with the fields of its action."


class InvalidFieldError(InvalidMessageError):
    """One field is wrong; which code that is follows from the field."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownActionError(SessionError):
    """No route has this action."""

    code = ErrorCode.UNKNOWN_ACTION
    default = "There is no such action."


class UnauthorizedError(SessionError):
    """The caller is not signed in, or the token given is not good."""

    code = ErrorCode.UNAUTHORIZED
    default = "Sign in first."


class TokenExpiredError(SessionError):
    """The rights of this connection ended with its token."""

    code = ErrorCode.TOKEN_EXPIRED
    default = "The token has expired; send refreshToken with a new one."


class ForbiddenError(SessionError):
    """The caller is known, but has no right to this."""

    code = ErrorCode.FORBIDDEN
    default = "This connection has no right to do that."


class SessionNotFoundError(SessionError):
    """There is no such session, or no more."""

    code = ErrorCode.SESSION_NOT_FOUND
    default = "There is no such session."


class SessionEndedError(SessionError):
    """The session is over."""

    code = ErrorCode.SESSION_ENDED
    default = "The session has ended."


class SessionFullError(SessionError):
    """As many listeners as the session takes are there."""

    code = ErrorCode.SESSION_FULL
    default = "The session is full."


class UnsupportedLanguageError(SessionError):
    """A language, but not one that this stack serves."""

    code = ErrorCode.UNSUPPORTED_LANGUAGE
    default = "This language is not supported."


class RateLimitedError(SessionError):
    """More than the limit within its window."""

    code = ErrorCode.RATE_LIMITED
    default = "Too many requests; try again later."


class PayloadTooLargeError(SessionError):
    """What was sent does not fit in one message to the listeners (32 KB)."""

    code = ErrorCode.PAYLOAD_TOO_LARGE
    default = "The data does not fit in one message."


class ConflictError(SessionError):
    """The request contradicts the state that the connection or the session is in."""

    code = ErrorCode.CONFLICT
    default = "This connection is attached to another session."


class UnavailableError(SessionError):
    """A service behind this one did not answer in time; the request may be repeated."""

    code = ErrorCode.UNAVAILABLE
    default = "The service is briefly unavailable; try again."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 1) -> None:
        super().__init__(message, retry_after=retry_after)


def error_reply(error: SessionError) -> dict[str, Any]:
    """The `error` message of the WebSocket side."""
    reply: dict[str, Any] = {"type": "error", "code": str(error.code), "message": error.message}
    if error.retry_after is not None:
        reply["retryAfter"] = error.retry_after
    return reply


def http_status(error: SessionError) -> int:
    """The status that goes with the error's code."""
    return ERRORS[error.code][0]


def problem(error: SessionError) -> dict[str, Any]:
    """The problem+json document (RFC 9457) of the HTTP side; its `status` is the answer's."""
    status = http_status(error)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": str(error.code),
    }
    if error.retry_after is not None:
        document["retryAfter"] = error.retry_after
    return document

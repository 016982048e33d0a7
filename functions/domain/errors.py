"""The errors that a request can fail with. wire/replies.py writes them as messages."""

from enum import StrEnum
from typing import ClassVar


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
    """An error for the client: a code, a sentence for people, and the seconds until a retry can succeed."""

    code: ErrorCode = ErrorCode.INTERNAL
    default: ClassVar[str] = "The request failed."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message or self.default)
        self.message = message or self.default
        self.retry_after = retry_after


class InvalidMessageError(SessionError):
    """The message does not match the schema of its action."""

    code = ErrorCode.INVALID_MESSAGE
    default = "The message is not a JSON object with the fields of its action."


class InvalidFieldError(InvalidMessageError):
    """One field is invalid. The code depends on the field."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownActionError(SessionError):
    """No route has this action."""

    code = ErrorCode.UNKNOWN_ACTION
    default = "The action does not exist."


class UnauthorizedError(SessionError):
    """The caller is not signed in, or the token is invalid."""

    code = ErrorCode.UNAUTHORIZED
    default = "Sign in first."


class TokenExpiredError(SessionError):
    """The token of this connection has expired."""

    code = ErrorCode.TOKEN_EXPIRED
    default = "The token has expired; send refreshToken with a new one."


class ForbiddenError(SessionError):
    """The caller has no permission for the request."""

    code = ErrorCode.FORBIDDEN
    default = "This connection has no permission for the request."


class SessionNotFoundError(SessionError):
    """The session does not exist, or was deleted."""

    code = ErrorCode.SESSION_NOT_FOUND
    default = "The session does not exist."


class SessionEndedError(SessionError):
    """The session has ended."""

    code = ErrorCode.SESSION_ENDED
    default = "The session has ended."


class SessionFullError(SessionError):
    """The session has as many listeners as it allows."""

    code = ErrorCode.SESSION_FULL
    default = "The session is full."


class UnsupportedLanguageError(SessionError):
    """The stack does not support the language."""

    code = ErrorCode.UNSUPPORTED_LANGUAGE
    default = "This language is not supported."


class RateLimitedError(SessionError):
    """The caller exceeded a limit within its window."""

    code = ErrorCode.RATE_LIMITED
    default = "Too many requests; try again later."


class PayloadTooLargeError(SessionError):
    """The data does not fit in one message to the listeners (32 KB)."""

    code = ErrorCode.PAYLOAD_TOO_LARGE
    default = "The data does not fit in one message."


class ConflictError(SessionError):
    """The request conflicts with the state of the connection or the session."""

    code = ErrorCode.CONFLICT
    default = "This connection is attached to another session."


class UnavailableError(SessionError):
    """A service that this one depends on failed or was too slow. The client may retry."""

    code = ErrorCode.UNAVAILABLE
    default = "The service is unavailable; try again."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 1) -> None:
        super().__init__(message, retry_after=retry_after)

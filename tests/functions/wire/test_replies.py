"""Errors as messages and as problem documents."""

from domain.errors import ErrorCode, InvalidFieldError, SessionError
from wire.replies import error_reply, http_status, problem
from wire.schema_generated import ERRORS


def test_every_code_has_a_status_and_errors_have_two_forms() -> None:
    assert set(ERRORS) == {code.value for code in ErrorCode}
    error = InvalidFieldError(ErrorCode.INVALID_QUALITY, "quality must be standard or premium")
    assert error_reply(error) == {
        "type": "error",
        "code": "INVALID_QUALITY",
        "message": "quality must be standard or premium",
    }
    limited = SessionError(retry_after=5)
    assert error_reply(limited)["retryAfter"] == problem(limited)["retryAfter"] == 5
    assert (http_status(limited), problem(limited)["title"]) == (500, "Internal Server Error")

"""The request and the answer of the processing hook (docs/hook.md)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from domain.errors import ForbiddenError, InvalidFieldError
from domain.message_log import Body, Entry
from domain.model import Session
from domain.ports import HookError
from wire.parsing import check
from wire.validators import well_formed

VERSION = 1
MAX_REASON_CHARACTERS = 200
BODY_FIELDS = ("data", "contentType", "encoding")


def hook_request(session: Session, entry: Entry, supported_languages: Sequence[str]) -> dict[str, Any]:
    """Return the hook's request."""
    body = entry.body
    return {
        "version": VERSION,
        "sessionId": session.session_id,
        "sourceLanguage": session.source_language,
        "quality": session.quality,
        "languages": list(entry.target_languages or supported_languages),
        "message": body and _body_fields(body),
    }


def apply_answer(entry: Entry, answer: object, supported_languages: Sequence[str]) -> Entry:
    """Return the entry changed by the hook's answer. Raises HookError, and ForbiddenError for a refusal."""
    match answer:
        case {"refuse": str(reason)}:
            if not well_formed(reason):
                raise HookError("the reason is not well-formed Unicode")
            raise ForbiddenError(reason[:MAX_REASON_CHARACTERS] or None)
        case dict():
            fields = cast("dict[str, object]", answer)
        case _:
            raise HookError("the answer is not an object")
    unknown = fields.keys() - {"message", "languages"}
    if unknown:
        raise HookError(f"the answer has {len(unknown)} unknown fields")
    languages = fields.get("languages", {})
    if not isinstance(languages, dict):
        raise HookError("languages is not an object")
    if not languages.keys() <= set(supported_languages):
        raise HookError("languages has unsupported languages")
    body = _body(fields["message"], entry.body) if "message" in fields else entry.body
    variants = {
        language: _body(value, entry.body) for language, value in cast("dict[str, object]", languages).items()
    }
    return replace(entry, body=body, variants=variants)


def _body(value: object, original: Body | None) -> Body | None:
    """Return a body of the answer, or None for null. Missing fields are those of the original."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise HookError("a message is neither an object nor null")
    fields = (_body_fields(original) if original else {}) | cast("dict[str, str]", value)
    try:
        check("publish", {"action": "publish", **fields})
    except InvalidFieldError as wrong:
        raise HookError("a message must have data, contentType and encoding as in publish") from wrong
    if len(fields) != len(BODY_FIELDS):
        raise HookError("a message must have data, contentType and encoding alone")
    body = Body(data=fields["data"], content_type=fields["contentType"], encoding=fields["encoding"])
    if not body.decodes:
        raise HookError("data is not valid base64")
    return body


def _body_fields(body: Body) -> dict[str, str]:
    return dict(zip(BODY_FIELDS, (body.data, body.content_type, body.encoding), strict=True))

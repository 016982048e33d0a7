"""The processing hook: a function of the stack's owner that sees each message before it goes out.

Its request and answer are described in docs/hook.md. What becomes of a message whose hook fails, answers
nonsense or is too slow, is the setting `hookFailure`.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from domain.errors import ForbiddenError, InvalidFieldError, UnavailableError
from domain.message_log import Body, Entry
from domain.model import Session
from domain.ports import Logger, Metrics
from domain.settings import Settings
from wire.parsing import check
from wire.validators import well_formed

VERSION = 1
LONGEST_REASON = 200
BODY_FIELDS = ("data", "contentType", "encoding")


class HookError(Exception):
    """The hook failed, was too slow, or gave an answer that is not one."""


class Hook(Protocol):
    """The owner's function."""

    def call(self, request: dict[str, Any]) -> object:
        """Its answer; raises HookError after `hookTimeout` seconds, or where it fails."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """Lets the hook, if there is one, decide what each language gets of an entry."""

    hook: Hook | None
    settings: Settings
    logger: Logger
    metrics: Metrics

    def process(self, session: Session, entry: Entry) -> Entry:
        """The entry as it is to go out.

        Raises ForbiddenError where the hook refuses the message, and UnavailableError where it fails and the
        rule is to refuse then. PayloadTooLargeError is the caller's to raise: see Entry.check_size.
        """
        if self.hook is None:
            return entry
        try:
            answer = self.hook.call(hook_request(session, entry, self.settings))
            return answered(entry, answer, self.settings)
        except HookError as failure:
            self.metrics.count("HookFailed")
            self.logger.warning("hook failed", reason=str(failure), rule=self.settings.hook_failure)
            if self.settings.hook_failure == "refuse":
                raise UnavailableError("The message could not be processed; try again.") from failure
            return entry


def hook_request(session: Session, entry: Entry, settings: Settings) -> dict[str, Any]:
    """What the hook is asked."""
    body = entry.body
    return {
        "version": VERSION,
        "sessionId": session.session_id,
        "sourceLanguage": session.source_language,
        "quality": session.quality,
        "languages": list(entry.target_languages or settings.supported_languages),
        "message": body and _body_fields(body),
    }


def answered(entry: Entry, answer: object, settings: Settings) -> Entry:
    """The entry with what the hook's answer makes of it; raises HookError, ForbiddenError."""
    match answer:
        case {"refuse": str(reason)}:
            if not well_formed(reason):
                raise HookError("the reason is no well-formed Unicode")
            raise ForbiddenError(reason[:LONGEST_REASON] or None)
        case dict():
            fields = cast("dict[str, object]", answer)
        case _:
            raise HookError("the answer is not an object")
    unknown = fields.keys() - {"message", "languages"}
    if unknown:
        raise HookError(f"the answer has fields that are not known: {len(unknown)}")
    languages = fields.get("languages", {})
    if not isinstance(languages, dict):
        raise HookError("languages is not an object")
    if not languages.keys() <= set(settings.supported_languages):
        raise HookError("languages has some that are not supported")
    body = _body(fields["message"], entry.body) if "message" in fields else entry.body
    variants = {
        language: _body(value, entry.body) for language, value in cast("dict[str, object]", languages).items()
    }
    return replace(entry, body=body, variants=variants)


def _body(value: object, original: Body | None) -> Body | None:
    """What one language gets: none for null; content type and encoding are the original's unless given."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise HookError("a message is neither an object nor null")
    fields = (_body_fields(original) if original else {}) | cast("dict[str, str]", value)
    try:
        check("publish", {"action": "publish", **fields})
    except InvalidFieldError as wrong:
        raise HookError("a message takes data, contentType and encoding, as publish does") from wrong
    if len(fields) != len(BODY_FIELDS):
        raise HookError("a message takes data, contentType and encoding, and no more")
    body = Body(data=fields["data"], content_type=fields["contentType"], encoding=fields["encoding"])
    if not body.decodes:
        raise HookError("data is not the base64 that encoding says")
    return body


def _body_fields(body: Body) -> dict[str, str]:
    return dict(zip(BODY_FIELDS, (body.data, body.content_type, body.encoding), strict=True))

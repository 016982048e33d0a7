"""Publishing: the speaker's message gets its offset in the log, then goes out.

One write in the usual case: what is known of the session from the last publish is the write's condition.
Where it does not hold, the refusal tells how the session stands, and the publish is decided and tried again.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from domain.authorization import Caller, request_record, supported
from domain.errors import (
    ConflictError,
    InvalidMessageError,
    SessionEndedError,
    SessionError,
    UnavailableError,
)
from domain.message_log import Body, Entry, MessageLog
from domain.model import AsSpeaker, Connection, RequestRecord, Session
from domain.ports import Clock, Connections, Message, Refused, Sessions
from domain.settings import Settings
from fan_out.fan_out import FanOut
from use_cases.hook import Processing
from use_cases.speaker_cache import MINUTE, Speakers

TRIES = 16
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
"""Seconds; a publish that others overtake each time waits 1.3 s at the very most. Of four that publish at
once each is overtaken three times in four, at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the speaker asks to publish."""

    body: Body
    target_languages: tuple[str, ...] | None
    request_id: str | None


class OutdatedError(Exception):
    """What was remembered of the connection or its session is no longer so; it is forgotten by now."""


class Publish:
    """Publishes for any number of speakers, and remembers them between calls."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        connections: Connections,
        log: MessageLog,
        fan_out: FanOut,
        processing: Processing,
        settings: Settings,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._speakers = Speakers(
            sessions=sessions, connections=connections, limits=settings.limits, clock=clock
        )
        self._log = log
        self._fan_out = fan_out
        self._processing = processing
        self._settings = settings
        self._clock = clock
        self._pause = pause

    def __call__(self, caller: Caller, message: Message, request_id: str | None) -> Message:
        """Append and send one message; the reply `published`.

        Raises InvalidMessageError (base64 that is none), UnsupportedLanguageError, ForbiddenError,
        TokenExpiredError, SessionNotFoundError, SessionEndedError, ConflictError (paused), RateLimitedError,
        PayloadTooLargeError, UnavailableError.
        """
        body = body_of(message)
        targets: list[str] | None = message.get("targetLanguages")
        languages = None if targets is None else tuple(supported(self._settings, one) for one in targets)
        draft = Draft(body=body, target_languages=languages, request_id=request_id)
        try:
            return self._publish(caller.connection_id or "", draft)
        except OutdatedError:
            return self._publish(caller.connection_id or "", draft)

    def _publish(self, connection_id: str, draft: Draft) -> Message:
        remembered = connection_id in self._speakers
        connection, session = self._speakers.of(connection_id)
        request = request_record(
            session.session_id, "publish", draft.request_id, session.session_id, self._clock()
        )
        try:
            session, sent = self._carried_out(connection, session, draft, request)
        except SessionError as error:
            if remembered and connection_id not in self._speakers:
                raise OutdatedError from error
            raise
        if sent is not None:
            self._fan_out.publish(session, sent)
        return {"type": "published", "sessionId": session.session_id, "offset": session.head}

    def _carried_out(
        self, connection: Connection, session: Session, draft: Draft, request: RequestRecord | None
    ) -> tuple[Session, Entry | None]:
        """As `_append`. A repeated request keeps its answer though its session, or the hook, takes no more.

        A rate limit is no such end: whoever repeats after it gets the answer then.
        """
        try:
            session = self._speakers.permitted(connection, session)
        except (ConflictError, SessionEndedError) as refusal:
            return self._done_before(session, request, refusal)
        try:
            entry = self._processed(session, draft)
        except SessionError as refusal:
            return self._done_before(session, request, refusal)
        return self._append(connection, session, entry, request)

    def _processed(self, session: Session, draft: Draft) -> Entry:
        """What goes into the log, after the hook has seen it. Raises PayloadTooLargeError."""
        entry = Entry(
            session_id=session.session_id,
            epoch=session.epoch,
            offset=session.head + 1,
            published_at=self._clock(),
            body=draft.body,
            target_languages=draft.target_languages,
        )
        entry.check_size()
        processed = self._processing.process(session, entry)
        if processed is not entry:
            processed.check_size()
        return processed

    def _done_before(
        self, session: Session, request: RequestRecord | None, refusal: SessionError
    ) -> tuple[Session, Entry | None]:
        """What the request left when it was carried out before; raises the refusal if it never was."""
        done = request and self._log.request(request.key)
        if done is None or done.offset is None:
            raise refusal
        if isinstance(refusal, SessionEndedError):
            return replace(session, head=done.offset), None
        return self._as_it_left(session, done.offset)

    def _as_it_left(self, session: Session, offset: int) -> tuple[Session, Entry | None]:
        """The session as the request that was given this offset left it, and its entry, if it is kept."""
        kept = self._log.at(session.session_id, session.epoch, [offset])
        return replace(session, head=offset), kept[0] if kept else None

    def _append(
        self, connection: Connection, session: Session, entry: Entry, request: RequestRecord | None
    ) -> tuple[Session, Entry | None]:
        """The session and the entry as they are in the log.

        For a request that was carried out before, they are as it left them, so that it is sent again in case
        it was cut off then; without the entry if that is no longer kept.
        """
        connection_id = connection.connection_id
        for attempt in range(TRIES):
            now = self._clock()
            raised = replace(session, rate_window=now // MINUTE, rate_count=self._speakers.rate(session, now))
            entry = replace(entry, offset=session.head + 1, published_at=now)
            noted = replace(request, offset=entry.offset) if request else None
            by = AsSpeaker(connection_id=connection_id, generation=session.generation)
            try:
                self._log.append(entry, to=raised, by=by, request=noted)
            except Refused as refused:
                if refused.request is not None and refused.request.offset is not None:
                    return self._as_it_left(session, refused.request.offset)
                self._speakers.forget(connection_id)
                session = self._speakers.permitted(connection, refused.session)
            else:
                session = replace(raised, head=entry.offset)
                self._speakers.remember(connection, session)
                return session, entry
            self._pause(random.uniform(0, min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)))  # noqa: S311
        raise UnavailableError("Too many messages at once; try again.")


def body_of(message: dict[str, Any]) -> Body:
    """The body of a `publish`; raises InvalidMessageError for base64 that is none."""
    encoding: str = message.get("encoding", "utf8")
    usual = "text/plain" if encoding == "utf8" else "application/octet-stream"
    body = Body(data=message["data"], content_type=message.get("contentType", usual), encoding=encoding)
    if not body.decodes:
        raise InvalidMessageError("data must be base64, as encoding says")
    return body

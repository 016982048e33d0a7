"""Publishing: the speaker's message gets its offset in the log, then goes out.

One write in the usual case: what is known of the session from the last publish is the write's condition.
Where it does not hold, the refusal tells how the session stands, and the publish is decided and tried again.
"""

import base64
import binascii
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sessions.access import Caller, known_connection, open_session, request_record, speaking, supported
from sessions.errors import (
    ConflictError,
    ForbiddenError,
    InvalidMessageError,
    RateLimitedError,
    SessionEndedError,
    SessionError,
    TokenExpiredError,
    UnavailableError,
)
from sessions.fan_out import FanOut
from sessions.hook import Processing
from sessions.log import Body, Entry, MessageLog
from sessions.model import AsSpeaker, Connection, RequestRecord, Session, Status
from sessions.ports import Clock, Connections, Message, Refused, Sessions
from sessions.settings import Settings

MINUTE = 60

TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
"""Seconds; a publish that others overtake each time waits half a second at the very most."""

REMEMBERED = 1_000
"""Speakers whose connection and session a function's instance remembers."""


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
        self._sessions = sessions
        self._connections = connections
        self._log = log
        self._fan_out = fan_out
        self._processing = processing
        self._settings = settings
        self._clock = clock
        self._pause = pause
        self._known: OrderedDict[str, tuple[Connection, Session]] = OrderedDict()

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
        remembered = connection_id in self._known
        connection, session = self._speaker(connection_id)
        now = self._clock()
        entry = Entry(
            session_id=session.session_id,
            epoch=session.epoch,
            offset=session.head + 1,
            published_at=now,
            body=draft.body,
            target_languages=draft.target_languages,
        )
        entry.check_size()
        processed = self._processing.process(session, entry)
        if processed is not entry:
            processed.check_size()
        request = request_record(session.session_id, "publish", draft.request_id, session.session_id, now)
        try:
            session, entry = self._append(connection, session, processed, request)
        except SessionError as error:
            if remembered and connection_id not in self._known:
                raise OutdatedError from error
            raise
        if entry is not None:
            self._fan_out.publish(session, entry)
        offset = session.head if entry is None else entry.offset
        return {"type": "published", "sessionId": session.session_id, "offset": offset}

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
            raised = replace(session, rate_window=now // MINUTE, rate_count=self._rate(session, now))
            entry = replace(entry, offset=session.head + 1, published_at=now)
            noted = replace(request, offset=entry.offset) if request else None
            by = AsSpeaker(connection_id=connection_id, generation=session.generation)
            try:
                self._log.append(entry, to=raised, by=by, request=noted)
            except Refused as refused:
                if refused.request is not None and refused.request.offset is not None:
                    offset = refused.request.offset
                    kept = self._log.at(session.session_id, session.epoch, [offset])
                    return replace(session, head=offset), kept[0] if kept else None
                self._known.pop(connection_id, None)
                session = self._permitted(connection, refused.session)
            else:
                session = replace(raised, head=entry.offset)
                self._remember(connection, session)
                return session, entry
            self._pause(random.uniform(0, min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)))  # noqa: S311
        raise UnavailableError("Too many messages at once; try again.")

    def _speaker(self, connection_id: str) -> tuple[Connection, Session]:
        """The connection and its session: as remembered, if that permits a publish, else read."""
        known = self._known.get(connection_id)
        if known is not None:
            try:
                return known[0], self._permitted(*known)
            except (ForbiddenError, TokenExpiredError, SessionEndedError, ConflictError):
                self._known.pop(connection_id)
        connection = known_connection(self._connections, connection_id, self._clock())
        speaking(connection)
        session = connection.attachment and self._sessions.get(connection.attachment.session_id)
        return connection, self._permitted(connection, session)

    def _permitted(self, connection: Connection, session: Session | None) -> Session:
        """The session, if this connection may publish to it now."""
        now = self._clock()
        if connection.token_expired(now):
            raise TokenExpiredError
        session = open_session(session, now)
        speaker = session.speaker_connection_id, session.generation
        if speaker != (connection.connection_id, speaking(connection).generation):
            raise ForbiddenError("Another connection speaks for this session now.")
        if session.status is not Status.ACTIVE:
            raise ConflictError("The session is paused.")
        self._rate(session, now)
        return session

    def _rate(self, session: Session, now: int) -> int:
        """How many messages this one makes it in this minute."""
        count = session.rate_count + 1 if session.rate_window == now // MINUTE else 1
        limits = self._settings.limits
        if limits.enabled and count > limits.messages_per_minute:
            raise RateLimitedError(retry_after=MINUTE - now % MINUTE)
        return count

    def _remember(self, connection: Connection, session: Session) -> None:
        self._known[connection.connection_id] = connection, session
        self._known.move_to_end(connection.connection_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def body_of(message: dict[str, Any]) -> Body:
    """The body of a `publish`; raises InvalidMessageError for base64 that is none."""
    encoding: str = message.get("encoding", "utf8")
    if encoding == "base64":
        try:
            base64.b64decode(message["data"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidMessageError("data must be base64, as encoding says") from error
    usual = "text/plain" if encoding == "utf8" else "application/octet-stream"
    return Body(data=message["data"], content_type=message.get("contentType", usual), encoding=encoding)

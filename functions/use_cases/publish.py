"""Publishes a message: appends it to the session's log, then sends it to the listeners.

The usual case is one write. Its condition is what the last publish cached of the session. If the condition
fails, the failure has the session as it is now, and the publish is decided again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from domain.authorization import request_record, require_supported_language
from domain.backoff import full_jitter
from domain.coalescing import with_next_message
from domain.deadline import Deadline
from domain.errors import (
    ConflictError,
    InvalidMessageError,
    SessionEndedError,
    SessionError,
    UnavailableError,
)
from domain.events import Published
from domain.message_log import Body, Entry
from domain.model import Caller, Connection, RequestRecord, Session, SpeakerAuthority
from domain.ports import Clock, ConditionFailed, Connections, MessageLog, Sessions
from domain.rate_limits import MINUTE_SECONDS
from domain.settings import Settings
from fan_out.fan_out import FanOut
from use_cases.hook import MessageProcessor
from use_cases.speaker_cache import SpeakerCache

MAX_ATTEMPTS = 16
FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.005, 0.1
"""Bounds of the waits between attempts. Total back-off under contention is at most 1.3 s. Of four concurrent
publishes, each fails three times in four at first."""

SECONDS_TO_APPEND_AND_SEND = 12.0
"""Time that an append must have: two attempts and a pause take 6 s, one read of the listeners 2.5 s, and
handing them to the queue 3 s. With less, nothing is written that would reach no listener."""

SECONDS_FOR_CHANNEL = 3.5
"""Time besides for a session on the audience's channel: its request takes half a second longer than the read,
and handing it to the queue 3 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the speaker asks to publish."""

    body: Body
    target_languages: tuple[str, ...] | None
    request_id: str | None


class OutdatedError(Exception):
    """The cached connection or session was outdated. It has been removed from the cache."""


class Publish:
    """Publishes for any number of speakers, and caches them between calls."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        connections: Connections,
        message_log: MessageLog,
        fan_out: FanOut,
        message_processor: MessageProcessor,
        checked_size: Callable[[Entry], int],
        deadline: Deadline,
        settings: Settings,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._speakers = SpeakerCache(
            sessions=sessions, connections=connections, limits=settings.limits, clock=clock
        )
        self._message_log = message_log
        self._fan_out = fan_out
        self._message_processor = message_processor
        self._checked_size = checked_size
        self._deadline = deadline
        self._settings = settings
        self._clock = clock
        self._sleep = sleep

    def __call__(
        self,
        caller: Caller,
        *,
        body: Body,
        target_languages: tuple[str, ...] | None,
        request_id: str | None,
    ) -> Published:
        """Append and send one message; return its position.

        Raises InvalidMessageError (invalid base64), UnsupportedLanguageError, ForbiddenError,
        TokenExpiredError, SessionNotFoundError, SessionEndedError, ConflictError (paused), RateLimitedError,
        PayloadTooLargeError, UnavailableError.
        """
        if not body.decodes:
            raise InvalidMessageError("data must be valid base64, as encoding says")
        for language in target_languages or ():
            require_supported_language(self._settings, language)
        draft = Draft(body=body, target_languages=target_languages, request_id=request_id)
        try:
            return self._publish(caller.connection_id or "", draft)
        except OutdatedError:
            return self._publish(caller.connection_id or "", draft)

    def _publish(self, connection_id: str, draft: Draft) -> Published:
        was_cached = connection_id in self._speakers
        connection, session = self._speakers.get(connection_id)
        request = request_record(
            session.session_id, "publish", draft.request_id, session.session_id, self._clock()
        )
        try:
            session, entry = self._append_or_recall(connection, session, draft, request)
        except SessionError as error:
            if was_cached and connection_id not in self._speakers:
                raise OutdatedError from error
            raise
        if entry is not None:
            self._fan_out.publish(session, entry)
        return Published(session.session_id, session.head)

    def _append_or_recall(
        self, connection: Connection, session: Session, draft: Draft, request: RequestRecord | None
    ) -> tuple[Session, Entry | None]:
        """Return the session and the entry as `_append` does.

        A retried request gets its original reply even if the session has since ended or paused, or the hook
        refuses the message. Rate limiting still applies; the client gets the reply when it retries later.
        """
        try:
            session = self._speakers.check_may_publish(connection, session)
        except (ConflictError, SessionEndedError) as error:
            return self._recall(session, request, error)
        try:
            entry, size = self._process(session, draft)
        except SessionError as error:
            return self._recall(session, request, error)
        return self._append(connection, session, entry, size, request)

    def _process(self, session: Session, draft: Draft) -> tuple[Entry, int]:
        """Return the entry for the log, after the hook, and its size. Raises PayloadTooLargeError."""
        entry = Entry(
            session_id=session.session_id,
            epoch=session.epoch,
            offset=session.head + 1,
            published_at=self._clock(),
            body=draft.body,
            target_languages=draft.target_languages,
        )
        size = self._checked_size(entry)
        processed = self._message_processor.process(session, entry)
        return processed, size if processed is entry else self._checked_size(processed)

    def _recall(
        self, session: Session, request: RequestRecord | None, error: SessionError
    ) -> tuple[Session, Entry | None]:
        """Return the result of an earlier attempt at this request. Raises `error` if there was none."""
        earlier = request and self._message_log.request(request.key)
        if earlier is None or earlier.offset is None:
            raise error
        if isinstance(error, SessionEndedError):
            return replace(session, head=earlier.offset), None
        return self._at_offset(session, earlier.offset)

    def _at_offset(self, session: Session, offset: int) -> tuple[Session, Entry | None]:
        """Return the session as of this offset, and the entry there if it is still kept.

        The session has no batches: the entry is sent at once, and alone.
        """
        kept = self._message_log.at(session.session_id, session.epoch, [offset])
        return replace(session, head=offset, batch=None, closed=None), kept[0] if kept else None

    def _append(
        self,
        connection: Connection,
        session: Session,
        entry: Entry,
        size: int,
        request: RequestRecord | None,
    ) -> tuple[Session, Entry | None]:
        """Append the entry; return the session and the entry as they are in the log.

        For a request that was processed before, they are those of its entry, which is then sent again: the
        earlier attempt may have stopped before that. The entry is None if it is no longer kept.
        """
        connection_id = connection.connection_id
        for attempt in range(1, MAX_ATTEMPTS + 1):
            for_channel = SECONDS_FOR_CHANNEL if self._fan_out.serves_channel_of(session) else 0.0
            self._deadline.require(SECONDS_TO_APPEND_AND_SEND + for_channel)
            now = self._clock()
            counted = replace(
                with_next_message(session, size, self._settings, now),
                rate_window=now // MINUTE_SECONDS,
                rate_count=self._speakers.next_count(session, now),
            )
            entry = replace(entry, offset=session.head + 1, published_at=now)
            record = replace(request, offset=entry.offset) if request else None
            by = SpeakerAuthority(connection_id=connection_id, generation=session.generation)
            try:
                self._message_log.append(entry, to=counted, by=by, request=record)
            except ConditionFailed as failed:
                if failed.request is not None and failed.request.offset is not None:
                    return self._at_offset(failed.session or session, failed.request.offset)
                self._speakers.remove(connection_id)
                session = self._speakers.check_may_publish(connection, failed.session)
            else:
                session = replace(counted, head=entry.offset)
                self._speakers.put(connection, replace(session, closed=None))
                return session, entry
            self._sleep(full_jitter(attempt, FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS))
        raise UnavailableError("Too many messages at once; try again.")

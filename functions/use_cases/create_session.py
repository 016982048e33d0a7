"""A speaker creates a session."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.authorization import (
    MAX_ATTEMPTS,
    attachment_to_replace,
    request_record,
    require_open_session,
    require_supported_language,
)
from domain.errors import SessionEndedError, UnauthorizedError, UnavailableError
from domain.events import SessionCreated
from domain.model import Attachment, Caller, RequestRecord, Session, Status
from domain.ports import Clock, Condition, ConditionFailed, Listeners, Metrics, Sessions
from domain.rate_limits import LimitRules, limit_exceeded
from domain.session_ids import MAX_ID_ATTEMPTS, new_epoch, new_session_id
from domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSession:
    """One call: a transaction puts everything that a session consists of.

    Repeated requests of one subject with the same request id get the same session. If a repeat comes over
    another connection (the reply was lost with the first one), that connection becomes the speaker and the
    first one is notified. A session created over HTTP has no speaker yet, so its grace period starts at once.
    """

    sessions: Sessions
    listeners: Listeners
    takeover: Callable[[Session, Session], None]
    """Takes the session before and after a repeat attached another connection (use_cases/takeover.py). The
    container builds it at its first call, since a new session needs no pusher."""
    settings: Settings
    metrics: Metrics
    clock: Clock

    def __call__(
        self, caller: Caller, *, source_language: str, quality: str, request_id: str | None
    ) -> SessionCreated:
        """Return the session.

        Raises UnauthorizedError for an anonymous caller, UnsupportedLanguageError, RateLimitedError, and
        ConflictError for a connection that is attached to a session that has not ended.
        """
        if caller.subject is None:
            raise UnauthorizedError
        require_supported_language(self.settings, source_language)
        now = self.clock()
        limit = LimitRules(self.settings).sessions_of(caller.subject, now)
        instead_of: Attachment | None = None
        for _ in range(MAX_ID_ATTEMPTS):
            session = self._new(caller.connection_id, caller.subject, source_language, quality, now)
            request = request_record(caller.subject, "createSession", request_id, session.session_id, now)
            try:
                self.sessions.create(
                    session,
                    connection_id=caller.connection_id,
                    instead_of=instead_of,
                    request=request,
                    limit=limit,
                    now=now,
                )
            except ConditionFailed as failed:
                if not _is_same_session(failed, session):
                    if failed.request is not None:
                        return self._recall(caller, failed.request, now)
                    if Condition.CONNECTION in failed.conditions:
                        instead_of = attachment_to_replace(self.sessions, failed.connection, now)
                    elif Condition.LIMIT in failed.conditions:
                        raise limit_exceeded(limit, now) from failed
                    continue
            self.metrics.count("SessionsCreated")
            return SessionCreated(session)
        raise UnavailableError("No unused session id was found; try again.")

    def _new(
        self, connection_id: str | None, subject: str, source_language: str, quality: str, now: int
    ) -> Session:
        settings = self.settings
        expires_at = now + settings.session_lifetime
        return Session(
            session_id=new_session_id(is_long=settings.long_session_ids),
            owner_id=subject,
            status=Status.ACTIVE,
            source_language=source_language,
            quality=quality,
            capacity=settings.max_listeners,
            shards=settings.shards,
            epoch=new_epoch(),
            head=0,
            generation=0 if connection_id is None else 1,
            created_at=now,
            expires_at=expires_at,
            ttl=expires_at + settings.ended_retention,
            speaker_connection_id=connection_id,
            grace_until=now + settings.speaker_grace if connection_id is None else None,
        )

    def _recall(self, caller: Caller, request: RequestRecord, now: int) -> SessionCreated:
        instead_of: Attachment | None = None
        for _ in range(MAX_ATTEMPTS):
            session = self.sessions.get(request.session_id)
            if session is None or session.owner_id != caller.subject:
                raise SessionEndedError  # it was deleted, and another session may have its id by now
            session = require_open_session(session, now)
            if caller.connection_id not in (None, session.speaker_connection_id):
                before = session
                try:
                    session = self.sessions.attach(
                        session,
                        connection_id=caller.connection_id,
                        instead_of=instead_of,
                        request=None,
                        now=now,
                    )
                except ConditionFailed as failed:
                    if Condition.CONNECTION in failed.conditions:
                        instead_of = attachment_to_replace(self.sessions, failed.connection, now)
                    continue
                self.takeover(before, session)
            listeners = self.listeners.count(session.session_id, session.capacity)
            return SessionCreated(session, listeners)
        raise UnavailableError


def _is_same_session(failed: ConditionFailed, session: Session) -> bool:
    """Return whether an earlier attempt, whose response was lost, has created this very session."""
    return failed.session is not None and failed.session.epoch == session.epoch

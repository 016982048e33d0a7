"""A speaker creates a session."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.authorization import TRIES, Caller, free_to_attach, open_session, request_record, supported
from domain.errors import SessionEndedError, UnauthorizedError, UnavailableError
from domain.model import Attachment, RequestRecord, Session, Status
from domain.ports import Clock, Listeners, Message, Metrics, Part, Refused, Sessions, total
from domain.rate_limits import LimitRules, over
from domain.session_ids import MAX_TRIES, new_epoch, new_session_id
from domain.settings import Settings
from wire.replies import session_created


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSession:
    """One call: everything that makes a session is in one transaction.

    The same subject and request id get the same session, however often they are sent. Sent again on another
    connection (the first one's reply was lost with it), the session goes over to that connection, and the
    connection that was attached before is notified. A session
    made over HTTP has no speaker yet: its grace starts at its creation.
    """

    sessions: Sessions
    listeners: Listeners
    settings: Settings
    metrics: Metrics
    clock: Clock
    takeover: Callable[[Session, Session], None]
    """Called with the session before and after a repeated request attached another connection."""

    def __call__(
        self, caller: Caller, *, source_language: str, quality: str, request_id: str | None
    ) -> Message:
        """Reply sessionCreated.

        Raises UnauthorizedError for an anonymous caller, RateLimitedError, and ConflictError for a connection
        that is attached to a session which is not over.
        """
        if caller.subject is None:
            raise UnauthorizedError
        supported(self.settings, source_language)
        now = self.clock()
        limit = LimitRules(self.settings.limits).sessions_of(caller.subject, now)
        instead_of: Attachment | None = None
        for _ in range(MAX_TRIES):
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
            except Refused as refused:
                if not _is_ours(refused, session):
                    if refused.request is not None:
                        return self._repeated(caller, refused.request, now)
                    if Part.CONNECTION in refused.parts:
                        instead_of = free_to_attach(self.sessions, refused.connection, now)
                    elif Part.LIMIT in refused.parts:
                        raise over(limit, now) from refused
                    continue
            self.metrics.count("SessionsCreated")
            return session_created(session)
        raise UnavailableError("No free session id was found; try again.")

    def _new(
        self, connection_id: str | None, subject: str, source_language: str, quality: str, now: int
    ) -> Session:
        settings = self.settings
        expires_at = now + settings.session_lifetime
        return Session(
            session_id=new_session_id(),
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

    def _repeated(self, caller: Caller, request: RequestRecord, now: int) -> Message:
        instead_of: Attachment | None = None
        for _ in range(TRIES):
            session = self.sessions.get(request.session_id)
            if session is None or session.owner_id != caller.subject:
                raise SessionEndedError  # deleted; the id may be another session's by now
            session = open_session(session, now)
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
                except Refused as refused:
                    if Part.CONNECTION in refused.parts:
                        instead_of = free_to_attach(self.sessions, refused.connection, now)
                    continue
                self.takeover(before, session)
            listeners = total(self.listeners.counts(session.session_id, session.shards))
            return session_created(session, listeners=listeners)
        raise UnavailableError


def _is_ours(refused: Refused, session: Session) -> bool:
    """Whether what stands in the way is this very session: an earlier try took place, its answer was lost."""
    return refused.session is not None and refused.session.epoch == session.epoch

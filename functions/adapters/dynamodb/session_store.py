"""Sessions in DynamoDB (domain.ports.Sessions)."""

from contextlib import suppress
from dataclasses import replace

from adapters.dynamodb.client import call, client, transact, write
from adapters.dynamodb.connection_items import attach, release
from adapters.dynamodb.detachment import detach_with
from adapters.dynamodb.listener_items import put_counts
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.request_items import put_request
from adapters.dynamodb.session_items import (
    attach_speaker,
    authorised,
    change_session,
    put_session,
    session_key,
    session_table,
    to_session,
    update_session,
)
from adapters.dynamodb.values import from_item
from domain.model import Attachment, Authority, Change, EndReason, Limit, RequestRecord, Role, Session
from domain.ports import Refused


class DynamoSessions:
    """Each method is one call to DynamoDB, if it is not told otherwise."""

    def __init__(self, limits: DynamoRateLimits) -> None:
        self._limits = limits

    def get(self, session_id: str) -> Session | None:
        answer = call(
            lambda: client().get_item(
                TableName=session_table(), Key=session_key(session_id), ConsistentRead=True
            )
        )
        return to_session(from_item(answer["Item"])) if "Item" in answer else None

    def create(
        self,
        session: Session,
        *,
        connection_id: str | None,
        instead_of: Attachment | None,
        request: RequestRecord | None,
        limit: Limit | None,
        now: int,
    ) -> None:
        writes = [put_session(session), *put_counts(session), *put_request(request)]
        if connection_id is not None:
            writes.append(attach(connection_id, _speaking(session, session.generation), instead_of, now))
        self._limits.transact(writes, limit)

    def attach(
        self,
        session: Session,
        *,
        connection_id: str,
        instead_of: Attachment | None,
        request: RequestRecord | None,
        now: int,
        attach_key: str | None = None,
    ) -> Session:
        """Two calls: the transaction, then the session after it, with the generation of this attachment."""
        attachment = _speaking(session, session.generation + 1)
        transact(
            [
                attach_speaker(session, connection_id, attach_key, now),
                attach(connection_id, attachment, instead_of, now),
                *put_request(request),
            ]
        )
        attached = self.get(session.session_id) or session
        return replace(attached, generation=attachment.generation)

    def detach(
        self, connection_id: str, attachment: Attachment, *, grace_until: int, request: RequestRecord | None
    ) -> None:
        detach_with(
            [release(connection_id, attachment), *put_request(request)],
            connection_id,
            attachment,
            grace_until=grace_until,
        )

    def update(
        self, session_id: str, change: Change, *, by: Authority, request: RequestRecord | None, now: int
    ) -> Session:
        """One call without a request record, else two."""
        one = change_session(session_id, change, by, now)
        if request is None:
            return to_session(write(one))
        transact([one, *put_request(request)])
        session = self.get(session_id)
        if session is None:
            raise Refused(parts=frozenset({one.part}))
        return session

    def end(
        self, session_id: str, *, reason: EndReason, by: Authority, now: int, ttl: int, announce_by: int
    ) -> Session:
        condition, values = authorised(by, now)
        one = update_session(
            session_id,
            "SET #status = :ended, endReason = :reason, endedAt = :now, #ttl = :ttl, dueAt = :announceBy, "
            "version = version + :one",
            condition,
            {**values, "reason": reason.value, "now": now, "ttl": ttl, "announceBy": announce_by, "one": 1},
        )
        return to_session(write(one))

    def announced(self, session_id: str) -> None:
        with suppress(Refused):
            write(update_session(session_id, "REMOVE dueShard, dueAt", "#status = :ended", {}))


def _speaking(session: Session, generation: int) -> Attachment:
    return Attachment(session_id=session.session_id, role=Role.SPEAKER, generation=generation)

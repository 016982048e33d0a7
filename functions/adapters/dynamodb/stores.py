"""Sessions, connections and listeners in DynamoDB. One file has the three ports: transactions span tables.

Each method is one call unless its docstring says otherwise.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapters.dynamodb.client import (
    DynamoDBUnavailableError,
    batch_get_of,
    call,
    count_items,
    get_item,
    query_pages,
    transact,
    write,
)
from adapters.dynamodb.connection_items import (
    attach,
    connection_key,
    connection_table,
    delete_connection,
    put_connection,
    release,
    retarget,
    set_token,
    to_connection,
)
from adapters.dynamodb.listener_items import (
    SLOTS_IN_PARTITION,
    delete_listener,
    is_listener,
    put_listener,
    put_slot,
    retarget_listener,
    rows_after,
    slot_partitions,
    slots_in,
    to_listener,
    to_slot,
)
from adapters.dynamodb.rate_limits import (
    DynamoDBRateLimits,
    count_use,
    is_contended,
    limit_key,
    limit_table,
)
from adapters.dynamodb.session_items import (
    add_channel_language,
    attach_speaker,
    change_session,
    close_batch,
    detach_speaker,
    end_session,
    forget_closed,
    forget_first_closed,
    mark_announced,
    open_shards,
    put_request,
    put_session,
    session_key,
    session_table,
    to_session,
)
from adapters.dynamodb.writes import Values, Write, from_item
from domain.model import (
    Attachment,
    Authority,
    Change,
    Connection,
    EndReason,
    Limit,
    Listener,
    ListenerPage,
    OffsetRange,
    RequestRecord,
    Role,
    Session,
)
from domain.ports import Condition, ConditionFailed, RetryBudget


class DynamoDBSessions:
    """The port Sessions. `rate_limits` counts new sessions."""

    def __init__(self, rate_limits: DynamoDBRateLimits) -> None:
        self._rate_limits = rate_limits

    def get(self, session_id: str) -> Session | None:
        item = get_item(session_table(), session_key(session_id))
        return to_session(item) if item else None

    def get_with_uses(self, session_id: str, *, limit: Limit | None) -> tuple[Session | None, int]:
        """One call, unless DynamoDB returns a part."""
        found, uses = _get_with_uses({session_table(): [session_key(session_id)]}, limit, self._rate_limits)
        sessions = found[session_table()]
        return to_session(sessions[0]) if sessions else None, uses

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
        writes = [put_session(session), *put_request(request)]
        if connection_id is not None:
            attachment = _speaker_attachment(session, session.generation)
            writes.append(attach(connection_id, attachment, instead_of, now))
        _transact_within_limit(writes, limit, self._rate_limits)

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
        """Two calls: the transaction, then a read of the session, with this attachment's generation."""
        attachment = _speaker_attachment(session, session.generation + 1)
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
        """One call, or two near the end of the session's lifetime."""
        others = [release(connection_id, attachment), *put_request(request)]
        _detach_speaker_with(others, connection_id, attachment, grace_until, RetryBudget.USUAL)

    def update(
        self, session_id: str, change: Change, *, by: Authority, request: RequestRecord | None, now: int
    ) -> Session:
        """One call without a request record, else two."""
        changing = change_session(session_id, change, by, now)
        if request is None:
            return to_session(write(changing))
        transact([changing, *put_request(request)])
        session = self.get(session_id)
        if session is None:
            raise ConditionFailed(conditions=frozenset({changing.checks}))
        return session

    def end(
        self, session_id: str, *, reason: EndReason, by: Authority, now: int, ttl: int, announce_by: int
    ) -> Session:
        ending = end_session(session_id, reason, by=by, now=now, ttl=ttl, announce_by=announce_by)
        return to_session(write(ending))

    def mark_announced(self, session_id: str) -> None:
        with suppress(ConditionFailed):
            write(mark_announced(session_id))

    def open_shards(self, session_id: str, shards: int) -> None:
        with suppress(ConditionFailed):
            write(open_shards(session_id, shards))

    def add_channel_language(self, session: Session, language: str) -> Session:
        return to_session(write(add_channel_language(session, language)))

    def close_batch(self, session_id: str, first: int | None) -> Session:
        return to_session(write(close_batch(session_id, first)))

    def forget_closed(self, session_id: str, closed: OffsetRange) -> None:
        try:
            write(forget_closed(session_id, closed))
        except ConditionFailed:
            with suppress(ConditionFailed):
                write(forget_first_closed(session_id, closed))


class DynamoDBConnections:
    """The port Connections. `rate_limits` counts new connections."""

    def __init__(self, rate_limits: DynamoDBRateLimits) -> None:
        self._rate_limits = rate_limits

    def get(self, connection_id: str) -> Connection | None:
        item = get_item(connection_table(), connection_key(connection_id))
        return to_connection(item) if item else None

    def get_with_session(
        self, connection_id: str, session_id: str, *, limit: Limit | None
    ) -> tuple[Connection | None, Session | None, int]:
        """One call, unless DynamoDB returns a part."""
        keys = {
            connection_table(): [connection_key(connection_id)],
            session_table(): [session_key(session_id)],
        }
        found, uses = _get_with_uses(keys, limit, self._rate_limits)
        connections, sessions = found[connection_table()], found[session_table()]
        return (
            to_connection(connections[0]) if connections else None,
            to_session(sessions[0]) if sessions else None,
            uses,
        )

    def open(self, connection: Connection, *, limit: Limit | None) -> None:
        _transact_within_limit([put_connection(connection)], limit, self._rate_limits)

    def close(self, connection: Connection, *, grace_until: int, retry_budget: RetryBudget) -> None:
        """One call, or two for a speaker near the end of the session's lifetime."""
        attachment, own = connection.attachment, delete_connection(connection)
        if attachment is None:
            write(own)
        elif attachment.role is Role.LISTENER:
            row_and_slot = _delete_attached(connection.connection_id, attachment)
            transact([own, *row_and_slot], retry_budget=retry_budget)
        else:
            _detach_speaker_with([own], connection.connection_id, attachment, grace_until, retry_budget)

    def forget(self, connection: Connection) -> None:
        write(delete_connection(connection))

    def release(self, connection_id: str, attachment: Attachment) -> None:
        with suppress(ConditionFailed):
            write(release(connection_id, attachment))

    def set_token(self, connection_id: str, *, subject: str, expires_at: int, due_at: int) -> None:
        write(set_token(connection_id, subject=subject, expires_at=expires_at, due_at=due_at))


class DynamoDBListeners:
    """The port Listeners. `rate_limits` counts joins."""

    def __init__(self, rate_limits: DynamoDBRateLimits, *, has_channel: bool = False) -> None:
        """With `has_channel`, every write of a listener's attachment says or checks whether it is on the
        channel."""
        self._rate_limits = rate_limits
        self._has_channel = has_channel

    def join(
        self,
        *,
        connection_id: str,
        attachment: Attachment,
        instead_of: Attachment | None,
        limit: Limit | None,
        ttl: int,
        now: int,
    ) -> None:
        writes = [
            put_slot(connection_id, attachment, ttl=ttl),
            put_listener(connection_id, attachment, ttl=ttl),
            attach(connection_id, attachment, instead_of, now, has_channel=self._has_channel),
        ]
        _transact_within_limit(writes, limit, self._rate_limits)

    def retarget(self, *, connection_id: str, attachment: Attachment, to: Attachment) -> None:
        row = retarget_listener(connection_id, attachment, to)
        transact([row, retarget(connection_id, attachment, to, has_channel=self._has_channel)])

    def leave(self, *, connection_id: str, attachment: Attachment, request: RequestRecord | None) -> None:
        transact(
            [
                *_delete_attached(connection_id, attachment),
                release(connection_id, attachment),
                *put_request(request),
            ]
        )

    def drop(self, session_id: str, shard: int, listener: Listener) -> None:
        writes = delete_listener(session_id, shard, listener.slot, listener.connection_id)
        transact(writes, retry_budget=RetryBudget.QUICK)

    def count(self, session_id: str, capacity: int) -> int:
        """One call for each SLOTS_IN_PARTITION of the capacity."""
        return sum(count_items(slots_in(session_id, number)) for number in range(slot_partitions(capacity)))

    def free_slots(self, session_id: str, capacity: int) -> Sequence[int]:
        """One call for each partition of slots, until one has free ones."""
        for number in range(slot_partitions(capacity)):
            first = number * SLOTS_IN_PARTITION
            slots = range(first, min(first + SLOTS_IN_PARTITION, capacity))
            pages = query_pages(slots_in(session_id, number) | {"ProjectionExpression": "connectionId"})
            taken = {to_slot(item) for page in pages for item in page}
            free = [slot for slot in slots if slot not in taken]
            if free:
                return free
        return ()

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        response = call("Query", {**rows_after(session_id, shard, cursor), "Limit": size})
        last = response.get("LastEvaluatedKey")
        items = map(from_item, response["Items"])
        return ListenerPage(
            listeners=tuple(to_listener(item) for item in items if is_listener(item)),
            cursor=from_item(last)["connectionId"] if last else None,
        )


def _delete_attached(connection_id: str, attachment: Attachment) -> list[Write]:
    return delete_listener(attachment.session_id, attachment.shard, attachment.slot, connection_id)


def _speaker_attachment(session: Session, generation: int) -> Attachment:
    return Attachment(session_id=session.session_id, role=Role.SPEAKER, generation=generation)


def _detach_speaker_with(
    others: Sequence[Write],
    connection_id: str,
    attachment: Attachment,
    grace_until: int,
    retry_budget: RetryBudget,
) -> None:
    """Start the grace period together with other writes.

    It ends no later than the session's lifetime. DynamoDB's expressions have no minimum, so the usual case is
    tried first: a grace period within the lifetime.
    """
    usual, last = (
        detach_speaker(connection_id, attachment, grace_until, is_last=is_last) for is_last in (False, True)
    )
    try:
        transact([usual, *others], retry_budget=retry_budget)
    except ConditionFailed as failed:
        if failed.session is None or failed.session.expires_at >= grace_until:
            raise
        transact([last, *others], retry_budget=retry_budget)


def _get_with_uses(
    keys: Mapping[str, Sequence[Values]], limit: Limit | None, rate_limits: DynamoDBRateLimits
) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """Read items and the uses of a limit in one call, or without the limit if its table is at fault."""
    if limit is None or rate_limits.are_suspended:
        return batch_get_of(keys), 0
    try:
        found = batch_get_of({**keys, limit_table(): [limit_key(limit)]})
    except (DynamoDBUnavailableError, KeyError):
        items = batch_get_of(keys)
        rate_limits.suspend(limit)
        return items, 0
    counted = found[limit_table()]
    return found, int(counted[0]["used"]) if counted else 0


def _transact_within_limit(
    writes: Sequence[Write], limit: Limit | None, rate_limits: DynamoDBRateLimits
) -> None:
    """Make all writes and count the limit in one transaction, or without the limit if that is at fault.

    A limit that many requests count at once is counted on its own then: single updates queue where
    transactions conflict, and a flood must not switch its own limit off.
    """
    if limit is None or rate_limits.are_suspended:
        transact(writes)
        return
    try:
        transact([*writes, count_use(limit)])
    except (DynamoDBUnavailableError, KeyError) as error:
        if isinstance(error, DynamoDBUnavailableError) and error.conditions - {Condition.LIMIT}:
            raise
        must_count_alone = is_contended(error)
        if must_count_alone and rate_limits.count(limit) > limit.allowed:
            raise ConditionFailed(conditions=frozenset({Condition.LIMIT})) from error
        transact(writes)
        if not must_count_alone:
            rate_limits.suspend(limit)

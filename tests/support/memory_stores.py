"""The stores in memory: one lock, the same conditions, the same refusals as DynamoDB's.

`before` and `after` are called with each method's name, before and after it takes effect; a test makes them
raise to stand for a service that fails, or for an answer that is lost.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domain.message_log import Entry
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
    OwnerAuthority,
    RequestRecord,
    Role,
    Session,
    SpeakerAuthority,
    Status,
)
from domain.ports import Condition, ConditionFailed, RetryBudget

if TYPE_CHECKING:
    from container import Overrides


def nothing(_: str) -> None:
    """No interruption."""


@dataclass
class Memory:
    """What the tables hold."""

    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])
    rows: dict[tuple[str, int], dict[str, Listener]] = field(
        default_factory=dict[tuple[str, int], dict[str, Listener]]
    )
    slots: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    requests: dict[str, RequestRecord] = field(default_factory=dict[str, RequestRecord])
    uses: dict[str, int] = field(default_factory=dict[str, int])
    unannounced: set[str] = field(default_factory=set[str])
    before: Callable[[str], None] = nothing
    after: Callable[[str], None] = nothing
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def step(self, name: str) -> Generator["Checks"]:
        """One call to the store: all checks first, then, outside of them, what it changes."""
        with self._lock:
            self.before(name)
            yield Checks(self)
            self.after(name)


@dataclass
class Checks:
    """Collects which parts refuse; `raise_failed` raises before anything was changed."""

    memory: Memory
    failed: set[Condition] = field(default_factory=set[Condition])
    found: dict[str, Any] = field(default_factory=dict[str, Any])

    def need(self, condition: Condition, holds: bool, found: object = None) -> None:
        if not holds:
            self.failed.add(condition)
            if found is not None:
                self.found[condition.value] = found

    def connection(self, connection_id: str, attachment: Attachment | None, now: int | None = None) -> None:
        there = self.memory.connections.get(connection_id)
        same = there is not None and _same(there.attachment, attachment)
        good = there is not None and (now is None or not there.token_expired(now))
        self.need(Condition.CONNECTION, same and good, there)

    def channel(self, connection_id: str, attachment: Attachment) -> None:
        """Need an attachment that is on the channel, or is not, as this one."""
        there = self.memory.connections.get(connection_id)
        is_on = bool(there and there.attachment and there.attachment.on_channel)
        self.need(Condition.CONNECTION, is_on == attachment.on_channel, there)

    def request(self, record: RequestRecord | None) -> None:
        if record is not None:
            there = self.memory.requests.get(record.key)
            self.need(Condition.REQUEST, there is None, there)

    def limit(self, limit: Limit | None) -> None:
        if limit is not None:
            self.need(Condition.LIMIT, self.memory.uses.get(limit.key, 0) < limit.allowed)

    def session(self, session_id: str, by: Authority, now: int) -> None:
        there = self.memory.sessions.get(session_id)
        self.need(Condition.SESSION, there is not None and _authorised(there, by, now), there)

    def row(self, session_id: str, shard: int, slot: int, connection_id: str) -> None:
        self.need(Condition.LISTENER, connection_id in self.memory.rows.get((session_id, shard), {}))
        self.need(Condition.SLOT, self.memory.slots.get((session_id, slot)) == connection_id)

    def raise_failed(self) -> None:
        if self.failed:
            raise ConditionFailed(conditions=frozenset(self.failed), **self.found)

    def note(self, record: RequestRecord | None, limit: Limit | None = None) -> None:
        if record is not None:
            self.memory.requests[record.key] = record
        if limit is not None:
            self.memory.uses[limit.key] = self.memory.uses.get(limit.key, 0) + limit.uses

    def attach(self, connection_id: str, attachment: Attachment | None) -> None:
        there = self.memory.connections[connection_id]
        left = there.left_session_id
        if attachment is None and there.attachment:
            left = there.attachment.session_id
        self.memory.connections[connection_id] = replace(there, attachment=attachment, left_session_id=left)

    def remove_row(self, session_id: str, shard: int, slot: int, connection_id: str) -> None:
        del self.memory.rows[session_id, shard][connection_id]
        del self.memory.slots[session_id, slot]


@dataclass
class MemorySessions:
    memory: Memory

    def get(self, session_id: str) -> Session | None:
        with self.memory.step("sessions.get"):
            return self.memory.sessions.get(session_id)

    def get_with_uses(self, session_id: str, *, limit: Limit | None) -> tuple[Session | None, int]:
        with self.memory.step("sessions.get_with_uses"):
            uses = self.memory.uses.get(limit.key, 0) if limit else 0
            return self.memory.sessions.get(session_id), uses

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
        with self.memory.step("sessions.create") as checks:
            there = self.memory.sessions.get(session.session_id)
            checks.need(Condition.SESSION, there is None, there)
            if connection_id is not None:
                checks.connection(connection_id, instead_of, now)
            checks.request(request)
            checks.limit(limit)
            checks.raise_failed()
            self.memory.sessions[session.session_id] = session
            if connection_id is not None:
                checks.attach(connection_id, _speaking(session, session.generation))
            checks.note(request, limit)

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
        with self.memory.step("sessions.attach") as checks:
            there = self.memory.sessions.get(session.session_id)
            same = there is not None and there.generation == session.generation
            checks.need(Condition.SESSION, same and not (there and there.ended_because(now)), there)
            checks.connection(connection_id, instead_of, now)
            checks.request(request)
            checks.raise_failed()
            assert there is not None
            attached = replace(
                there,
                generation=there.generation + 1,
                speaker_connection_id=connection_id,
                grace_until=None,
                attach_key=attach_key,
                version=there.version + 1,
            )
            self.memory.sessions[session.session_id] = attached
            checks.attach(connection_id, _speaking(session, attached.generation))
            checks.note(request)
            return attached

    def detach(
        self, connection_id: str, attachment: Attachment, *, grace_until: int, request: RequestRecord | None
    ) -> None:
        with self.memory.step("sessions.detach") as checks:
            _check_detach(checks, connection_id, attachment)
            checks.connection(connection_id, attachment)
            checks.request(request)
            checks.raise_failed()
            _detach(self.memory, attachment.session_id, grace_until)
            checks.attach(connection_id, None)
            checks.note(request)

    def update(
        self, session_id: str, change: Change, *, by: Authority, request: RequestRecord | None, now: int
    ) -> Session:
        with self.memory.step("sessions.update") as checks:
            checks.session(session_id, by, now)
            checks.request(request)
            checks.raise_failed()
            there = self.memory.sessions[session_id]
            changed = replace(
                there,
                status=change.status or there.status,
                quality=change.quality or there.quality,
                muted=there.muted if change.muted is None else change.muted,
                version=there.version + 1,
            )
            self.memory.sessions[session_id] = changed
            checks.note(request)
            return changed

    def end(
        self, session_id: str, *, reason: EndReason, by: Authority, now: int, ttl: int, announce_by: int
    ) -> Session:
        with self.memory.step("sessions.end") as checks:
            checks.session(session_id, by, now)
            checks.raise_failed()
            there = self.memory.sessions[session_id]
            ended = replace(
                there,
                status=Status.ENDED,
                end_reason=reason,
                ended_at=now,
                ttl=ttl,
                version=there.version + 1,
            )
            self.memory.sessions[session_id] = ended
            self.memory.unannounced.add(session_id)
            return ended

    def mark_announced(self, session_id: str) -> None:
        with self.memory.step("sessions.announced"):
            self.memory.unannounced.discard(session_id)

    def open_shards(self, session_id: str, shards: int) -> None:
        with self.memory.step("sessions.open_shards"):
            there = self.memory.sessions.get(session_id)
            if there is not None and there.status is not Status.ENDED and there.shards_in_use < shards:
                self.memory.sessions[session_id] = replace(there, shards_in_use=shards)

    def add_channel_language(self, session: Session, language: str) -> Session:
        with self.memory.step("sessions.add_channel_language") as checks:
            there = self.memory.sessions.get(session.session_id)
            is_open = there is not None and there.status is not Status.ENDED
            is_same = there is not None and there.channel_languages == session.channel_languages
            checks.need(Condition.SESSION, is_open and is_same, there)
            checks.raise_failed()
            assert there is not None
            changed = replace(there, channel_languages=there.channel_languages | {language})
            self.memory.sessions[session.session_id] = changed
            return changed

    def close_batch(self, session_id: str, first: int | None) -> Session:
        with self.memory.step("sessions.close_batch") as checks:
            there = self.memory.sessions.get(session_id)
            batch = there.batch if there is not None and there.status is not Status.ENDED else None
            is_same = batch is not None and first in {None, batch.first}
            checks.need(Condition.SESSION, is_same, there)
            checks.raise_failed()
            assert there is not None
            closed = replace(there, batch=None, closed=there.waiting)
            self.memory.sessions[session_id] = closed
            return closed

    def forget_closed(self, session_id: str, closed: OffsetRange) -> None:
        with self.memory.step("sessions.forget_closed"):
            there = self.memory.sessions.get(session_id)
            if there is None or there.status is Status.ENDED or there.closed is None:
                return
            if there.closed.last == closed.last:
                self.memory.sessions[session_id] = replace(there, closed=None)
            elif there.closed.first == closed.first and there.closed.last > closed.last:
                kept = OffsetRange(first=closed.last + 1, last=there.closed.last)
                self.memory.sessions[session_id] = replace(there, closed=kept)


def _speaking(session: Session, generation: int) -> Attachment:
    return Attachment(session_id=session.session_id, role=Role.SPEAKER, generation=generation)


def _same(one: Attachment | None, other: Attachment | None) -> bool:
    """Equal but for what a listener may change: its language and its channel."""
    if one is None or other is None:
        return one is other
    changed = {"target_language": None, "on_channel": False, "joined_at": 0}
    return replace(one, **changed) == replace(other, **changed)


def _authorised(session: Session, by: Authority, now: int) -> bool:
    if session.status is Status.ENDED:
        return False
    over = session.ended_because(now) is not None
    if isinstance(by, SpeakerAuthority):
        latest = (session.speaker_connection_id, session.generation) == (by.connection_id, by.generation)
        return latest and not over
    if isinstance(by, OwnerAuthority):
        return session.owner_id == by.subject and not over
    return over


def _check_detach(checks: Checks, connection_id: str, attachment: Attachment) -> None:
    there = checks.memory.sessions.get(attachment.session_id)
    latest = (connection_id, attachment.generation)
    holds = (
        there is not None
        and there.status is not Status.ENDED
        and (there.speaker_connection_id, there.generation) == latest
    )
    checks.need(Condition.SESSION, holds, there)


def _detach(memory: Memory, session_id: str, grace_until: int) -> None:
    there = memory.sessions[session_id]
    memory.sessions[session_id] = replace(
        there, speaker_connection_id=None, grace_until=grace_until, version=there.version + 1
    )


@dataclass
class MemoryConnections:
    memory: Memory

    def get(self, connection_id: str) -> Connection | None:
        with self.memory.step("connections.get"):
            return self.memory.connections.get(connection_id)

    def get_with_session(
        self, connection_id: str, session_id: str, *, limit: Limit | None
    ) -> tuple[Connection | None, Session | None, int]:
        with self.memory.step("connections.get_with_session"):
            connection, session = (
                self.memory.connections.get(connection_id),
                self.memory.sessions.get(session_id),
            )
            return connection, session, self.memory.uses.get(limit.key, 0) if limit else 0

    def open(self, connection: Connection, *, limit: Limit | None) -> None:
        with self.memory.step("connections.open") as checks:
            checks.limit(limit)
            checks.raise_failed()
            self.memory.connections[connection.connection_id] = connection
            checks.note(None, limit)

    def close(self, connection: Connection, *, grace_until: int, retry_budget: RetryBudget) -> None:
        with self.memory.step("connections.close") as checks:
            attachment, own = connection.attachment, connection.connection_id
            checks.connection(own, attachment)
            if attachment and attachment.role is Role.LISTENER:
                checks.row(attachment.session_id, attachment.shard, attachment.slot, own)
            elif attachment:
                _check_detach(checks, own, attachment)
            checks.raise_failed()
            del self.memory.connections[own]
            if attachment and attachment.role is Role.LISTENER:
                checks.remove_row(attachment.session_id, attachment.shard, attachment.slot, own)
            elif attachment:
                _detach(self.memory, attachment.session_id, grace_until)

    def forget(self, connection: Connection) -> None:
        with self.memory.step("connections.forget") as checks:
            checks.connection(connection.connection_id, connection.attachment)
            checks.raise_failed()
            del self.memory.connections[connection.connection_id]

    def release(self, connection_id: str, attachment: Attachment) -> None:
        with self.memory.step("connections.release") as checks:
            checks.connection(connection_id, attachment)
            if not checks.failed:
                checks.attach(connection_id, None)

    def set_token(self, connection_id: str, *, subject: str, expires_at: int, due_at: int) -> None:
        with self.memory.step("connections.set_token") as checks:
            there = self.memory.connections.get(connection_id)
            checks.need(Condition.CONNECTION, there is not None and there.subject == subject, there)
            checks.raise_failed()
            assert there is not None
            self.memory.connections[connection_id] = replace(
                there, token_expires_at=expires_at, due_at=due_at
            )


@dataclass
class MemoryListeners:
    memory: Memory

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
        with self.memory.step("listeners.join") as checks:
            slot = attachment.session_id, attachment.slot
            rows = self.memory.rows.setdefault((attachment.session_id, attachment.shard), {})
            checks.need(Condition.SLOT, slot not in self.memory.slots)
            checks.need(Condition.LISTENER, connection_id not in rows, rows.get(connection_id))
            checks.connection(connection_id, instead_of, now)
            checks.limit(limit)
            checks.raise_failed()
            rows[connection_id] = Listener(
                connection_id=connection_id,
                target_language=attachment.target_language or "",
                slot=attachment.slot,
                on_channel=attachment.on_channel,
            )
            self.memory.slots[slot] = connection_id
            checks.attach(connection_id, attachment)
            checks.note(None, limit)

    def retarget(self, *, connection_id: str, attachment: Attachment, to: Attachment) -> None:
        with self.memory.step("listeners.retarget") as checks:
            rows = self.memory.rows.get((attachment.session_id, attachment.shard), {})
            checks.need(Condition.LISTENER, connection_id in rows)
            checks.connection(connection_id, attachment)
            checks.channel(connection_id, attachment)
            checks.raise_failed()
            rows[connection_id] = replace(
                rows[connection_id], target_language=to.target_language or "", on_channel=to.on_channel
            )
            checks.attach(connection_id, to)

    def leave(self, *, connection_id: str, attachment: Attachment, request: RequestRecord | None) -> None:
        with self.memory.step("listeners.leave") as checks:
            checks.row(attachment.session_id, attachment.shard, attachment.slot, connection_id)
            checks.connection(connection_id, attachment)
            checks.request(request)
            checks.raise_failed()
            checks.remove_row(attachment.session_id, attachment.shard, attachment.slot, connection_id)
            checks.attach(connection_id, None)
            checks.note(request)

    def drop(self, session_id: str, shard: int, listener: Listener) -> None:
        with self.memory.step("listeners.drop") as checks:
            checks.row(session_id, shard, listener.slot, listener.connection_id)
            checks.raise_failed()
            checks.remove_row(session_id, shard, listener.slot, listener.connection_id)

    def count(self, session_id: str, capacity: int) -> int:
        with self.memory.step("listeners.count"):
            return sum((session_id, slot) in self.memory.slots for slot in range(capacity))

    def free_slots(self, session_id: str, capacity: int) -> Sequence[int]:
        with self.memory.step("listeners.free_slots"):
            return [slot for slot in range(capacity) if (session_id, slot) not in self.memory.slots]

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        with self.memory.step("listeners.page"):
            rows = self.memory.rows.get((session_id, shard), {})
            after = [rows[key] for key in sorted(rows) if cursor is None or key > cursor]
            page = tuple(after[:size])
            return ListenerPage(listeners=page, cursor=page[-1].connection_id if len(after) > size else None)


@dataclass
class MemoryRateLimits:
    memory: Memory

    def count(self, limit: Limit) -> int:
        with self.memory.step("limits.count") as checks:
            checks.note(None, limit)
            return self.memory.uses[limit.key]


@dataclass
class MemoryMessageLog:
    """The messages table, in the lock of the other stores."""

    memory: Memory
    kept: dict[tuple[str, str, int], Entry] = field(default_factory=dict[tuple[str, str, int], Entry])

    def append(
        self, entry: Entry, *, to: Session, by: SpeakerAuthority, request: RequestRecord | None
    ) -> None:
        with self.memory.step("log.append") as checks:
            there = self.memory.sessions.get(entry.session_id)
            checks.session(entry.session_id, by, entry.published_at)
            expected = to.head, entry.epoch, to.shards_in_use, to.channel_languages
            same = (
                there is not None
                and (there.head, there.epoch, there.shards_in_use, there.channel_languages) == expected
            )
            checks.need(
                Condition.SESSION, same and there is not None and there.status is Status.ACTIVE, there
            )
            if to.batch is not None:
                needs_batch = to.closed is not None or to.batch.first < entry.offset
                has_batch = there is not None and there.batch is not None
                checks.need(Condition.SESSION, has_batch or not needs_batch, there)
            checks.request(request)
            checks.raise_failed()
            assert there is not None
            forgets = to.closed is not None and to.batch is None
            closed = there.waiting if to.closed else there.closed
            self.memory.sessions[entry.session_id] = replace(
                there,
                head=entry.offset,
                rate_window=to.rate_window,
                rate_count=to.rate_count,
                batch=None if forgets else to.batch or there.batch,
                closed=None if forgets else closed,
            )
            self.kept[entry.session_id, entry.epoch, entry.offset] = entry
            checks.note(request)

    def request(self, key: str) -> RequestRecord | None:
        with self.memory.step("log.request"):
            return self.memory.requests.get(key)

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        with self.memory.step("log.at"):
            keys = [(session_id, epoch, offset) for offset in offsets]
            return [self.kept[key] for key in keys if key in self.kept]

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        return self.at(session_id, epoch, range(first, last + 1))


def memory_stores(memory: Memory) -> "Overrides":
    """Return all stores on one memory, as overrides of a container."""
    return {
        "sessions": MemorySessions(memory),
        "connections": MemoryConnections(memory),
        "listeners": MemoryListeners(memory),
        "rate_limits": MemoryRateLimits(memory),
        "message_log": MemoryMessageLog(memory),
    }

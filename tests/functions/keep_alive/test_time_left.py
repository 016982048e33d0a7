"""What a run leaves where its time runs out among sessions, each of which may take seconds to end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from domain.model import Session, Status
from keep_alive.run import DueConnection, KeepAlive, ShardScan
from keep_alive.schedule import ScheduledPush
from tests.support.fakes import FakePusher
from tests.support.recorder import Recorder
from tests.support.session_driver import START, UNLIMITED


@dataclass
class OnePage:
    """An index that has one page of sessions, and forgets those that have ended."""

    due: list[Session] = field(default_factory=list[Session])

    def connections(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[DueConnection]]:
        yield from ()

    def sessions(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[Session]]:
        assert since <= until
        if self.due:
            yield list(self.due)

    def record(self, pushes: Sequence[ScheduledPush]) -> list[bool]:
        return [True for _ in pushes]


def session(number: int, **changes: object) -> Session:
    one = Session(
        session_id=f"calm-otter-{number}",
        owner_id="owner",
        status=Status.ACTIVE,
        source_language="en",
        quality="standard",
        capacity=10,
        shards=1,
        epoch="00000000",
        head=0,
        generation=1,
        created_at=START,
        expires_at=START + 100,
        ttl=START + 3700,
    )
    return replace(one, **changes)  # pyright: ignore[reportArgumentType]


def run(index: OnePage, looks: Sequence[bool]) -> tuple[tuple[ShardScan, ...], list[str]]:
    """What is left, and what was ended, where each look at the time finds this."""
    ended: list[str] = []

    def end(one: Session) -> None:
        ended.append(one.session_id)
        index.due.remove(one)

    keep_alive = KeepAlive(
        due_index=index,
        end_if_due=end,
        on_disconnected=lambda _: None,
        pusher=FakePusher(),
        settings=UNLIMITED,
        logger=(recorder := Recorder()),
        metrics=recorder,
        clock=lambda: START + 200,
    )
    remaining = iter(looks)
    left = keep_alive([ShardScan("sessions", 3)], has_time=lambda: next(remaining, False))
    return left, ended


def test_the_remaining_time_is_checked_before_each_session() -> None:
    """A page of them, each with its listeners to tell, may outlast the function."""
    index = OnePage([session(100), session(101), session(102)])

    left, ended = run(index, [True, True])

    assert ended == ["calm-otter-100", "calm-otter-101"]
    assert left == (ShardScan("sessions", 3),)
    assert run(index, [True, True])[1] == ["calm-otter-102"]


def test_an_end_that_is_not_announced_yet_delays_no_other_due_item() -> None:
    """It is due by its announcement, long before its lifetime would have run out."""
    unannounced = session(
        100, status=Status.ENDED, ended_at=START + 50, expires_at=START + 86400, ttl=START + 90000
    )
    index = OnePage([unannounced, session(101)])

    left, _ = run(index, [])
    assert all(unit.since <= START + 100 for unit in left)

"""Reading the audience: no more shards than are needed, and those that are needed at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from domain.model import Listener, ListenerPage, Session
from domain.ports import Item, Result
from fan_out.read_listeners import read_listeners, read_until
from tests.support.session_driver import UNLIMITED, UseCaseDriver

SHARDS = 5


@dataclass
class Shards:
    """Listeners by shard, in pages of two; `waits` are the shards that were read at once, each time."""

    sizes: tuple[int, ...]
    waits: list[list[Any]] = field(default_factory=list[list[Any]])
    on_channel: bool = False

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        first = int(cursor or 0)
        end = min(first + 2, self.sizes[shard])
        rows = tuple(
            Listener(
                connection_id=f"{shard}-{number}",
                target_language="es",
                slot=number,
                on_channel=self.on_channel,
            )
            for number in range(first, end)
        )
        return ListenerPage(listeners=rows, cursor=str(end) if end < self.sizes[shard] else None)

    def parallel_map(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterable[Result]:
        at_once = list(items)
        self.waits.append(at_once)
        return map(function, at_once)


@pytest.fixture
def session() -> Session:
    """Return a session with 500 slots and five shards in use."""
    driver = UseCaseDriver.in_memory(UNLIMITED)
    _, session_id = driver.speaking()
    made = driver.container.sessions.get(session_id)
    assert made is not None
    assert (made.capacity, made.shards) == (500, SHARDS)
    return replace(made, shards_in_use=SHARDS)


@pytest.mark.parametrize(
    ("sizes", "enough", "waits"),
    [
        pytest.param((3, 2, 4, 1, 2), 100, [[0], [1, 2, 3, 4]], id="a small audience: two waits"),
        pytest.param((0, 0, 0, 0, 0), 100, [[0], [1, 2, 3, 4]], id="nobody"),
        pytest.param((100, 99, 98, 97, 96), 100, [[0]], id="full shards: no read too many"),
        pytest.param((50, 51, 50, 52, 50), 100, [[0], [1]], id="half full: as many as do"),
        pytest.param((60, 10, 50, 52, 50), 100, [[0], [1], [2]], id="fewer than there should be"),
        pytest.param((9, 9, 9, 9, 9), 500, [[0, 1, 2, 3, 4]], id="within reach, however many come: one wait"),
        pytest.param((9, 9, 9, 9, 9), 0, [], id="all through the queue"),
    ],
)
def test_shards_are_read_until_there_are_enough_listeners(
    session: Session, sizes: tuple[int, ...], enough: int, waits: list[list[int]]
) -> None:
    shards = Shards(sizes)
    read = read_until(shards, shards.parallel_map, session, enough)  # pyright: ignore[reportArgumentType]
    assert shards.waits == waits
    assert {shard: len(found) for shard, found in read.items()} == {
        shard: sizes[shard] for at_once in waits for shard in at_once
    }


def test_a_shard_is_read_to_its_last_page() -> None:
    found = read_listeners(Shards((5,)), "caring-king-275", 0)  # pyright: ignore[reportArgumentType]
    assert [one.connection_id for one in found] == ["0-0", "0-1", "0-2", "0-3", "0-4"]


@pytest.mark.parametrize(
    ("languages", "waits"),
    [
        (frozenset({"es"}), [[0], [1, 2, 3, 4]]),
        (frozenset({"fr"}), [[0]]),
        (frozenset[str](), [[0]]),
    ],
    ids=["served by the channel", "on a channel of another language", "no channel"],
)
def test_listeners_on_the_channel_are_not_counted(
    session: Session, languages: frozenset[str], waits: list[list[int]]
) -> None:
    """One function reads a whole audience that needs no push, and no shard becomes a task."""
    shards = Shards((100,) * SHARDS, on_channel=True)
    read = read_until(shards, shards.parallel_map, session, 100, languages)  # pyright: ignore[reportArgumentType]
    assert (shards.waits, sorted(read)) == (waits, list(range(sum(map(len, waits)))))


def test_a_session_with_one_shard_in_use_is_read_in_one_wait(session: Session) -> None:
    shards = Shards((3,))
    read_until(shards, shards.parallel_map, replace(session, shards_in_use=1), 100)  # pyright: ignore[reportArgumentType]
    assert shards.waits == [[0]]

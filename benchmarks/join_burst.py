"""Models a burst of joins: the share that is answered with UNAVAILABLE, for two designs of the capacity.

DynamoDB cancels a transaction that meets another one at the same item (DynamoDB Developer Guide, "Managing
complex workflows with DynamoDB transactions"). An emulator makes one call after the other, so it never does.
The model has the waits and the number of attempts of the functions' own client. A transaction holds its items
for `hold` seconds from its start; one that meets a held item is cancelled at once.

Run: python -m benchmarks.join_burst
"""

import heapq
import itertools
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from adapters.dynamodb.client import FIRST_WAIT_SECONDS, MAX_ATTEMPTS, MAX_WAIT_SECONDS
from benchmarks.report import Report, Table
from domain.backoff import full_jitter
from domain.ports import RetryBudget
from use_cases.join_session import MAX_ATTEMPTS as MAX_DECISIONS

READ_SECONDS = 0.005

Process = Generator[float, None, str]
"""One join: yields the seconds that it waits, and returns its outcome."""


@dataclass
class TransactionItems:
    """The items that transactions write, and until when each is held."""

    hold: float
    now: float = 0.0
    held_until: dict[object, float] = field(default_factory=dict[object, float])

    def transact(self, item: object, holds: Callable[[], bool]) -> Generator[float, None, str]:
        """Write one contended item, with the attempts of the client, if its condition `holds`."""
        attempts = MAX_ATTEMPTS[RetryBudget.USUAL]
        for attempt in range(1, attempts + 1):
            if self.held_until.get(item, 0.0) <= self.now:
                if not holds():
                    return "condition failed"
                self.held_until[item] = self.now + self.hold
                yield self.hold
                return "written"
            if attempt < attempts:
                yield full_jitter(attempt, FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS)
        return "UNAVAILABLE"


def join_by_counters(table: TransactionItems, counts: list[int], capacity: int) -> Process:
    """Add one to the counter of a shard: of a random one, then of the one with the most room."""
    shard = random.randrange(len(counts))
    for _ in range(MAX_DECISIONS):
        outcome = yield from table.transact(shard, lambda shard=shard: counts[shard] < capacity)
        if outcome == "written":
            counts[shard] += 1
        if outcome != "condition failed":
            return outcome
        yield READ_SECONDS
        shard = counts.index(min(counts))
        if counts[shard] >= capacity:
            return "SESSION_FULL"
    return "UNAVAILABLE"


def join_by_slots(table: TransactionItems, taken: set[int], capacity: int) -> Process:
    """Take a slot: a random one, then one of those that a read finds free."""
    yield READ_SECONDS
    slot = random.randrange(capacity)
    for _ in range(MAX_DECISIONS):
        outcome = yield from table.transact(slot, lambda slot=slot: slot not in taken)
        if outcome == "written":
            taken.add(slot)
        if outcome != "condition failed":
            return outcome
        yield READ_SECONDS
        free = [one for one in range(capacity) if one not in taken]
        if not free:
            return "SESSION_FULL"
        slot = random.choice(free)
    return "UNAVAILABLE"


def run(
    start: Callable[[TransactionItems], Process], *, joins: int, seconds: float, hold: float
) -> list[str]:
    """Start `joins` at random within `seconds`; return their outcomes."""
    table = TransactionItems(hold)
    order = itertools.count()
    waiting = [(random.uniform(0, seconds), next(order), start(table)) for _ in range(joins)]
    heapq.heapify(waiting)
    outcomes: list[str] = []
    while waiting:
        table.now, _, process = heapq.heappop(waiting)
        try:
            heapq.heappush(waiting, (table.now + next(process), next(order), process))
        except StopIteration as finished:
            outcomes.append(str(finished.value))
    return outcomes


def counters(*, shards: int, capacity: int, joins: int, hold: float, seed: int) -> list[str]:
    """Run a burst on counters of shards, which divide the capacity."""
    random.seed(seed)
    counts = [0] * shards
    outcomes = run(
        lambda table: join_by_counters(table, counts, capacity // shards), joins=joins, seconds=1, hold=hold
    )
    assert outcomes.count("written") == sum(counts) <= capacity
    return outcomes


def slots(*, capacity: int, joins: int, hold: float, seed: int) -> list[str]:
    """Run a burst on slots."""
    random.seed(seed)
    taken: set[int] = set()
    outcomes = run(lambda table: join_by_slots(table, taken, capacity), joins=joins, seconds=1, hold=hold)
    assert outcomes.count("written") == len(taken) <= capacity
    return outcomes


def unavailable(outcomes: list[list[str]]) -> float:
    """Return the share of joins that were answered with UNAVAILABLE."""
    return sum(one.count("UNAVAILABLE") for one in outcomes) / sum(map(len, outcomes))


def report() -> Report:
    """Model 500 joins in a second, over 20 bursts."""
    rows: list[list[str]] = []
    for hold in (0.015, 0.025, 0.05):
        seeds = range(20)
        shares = [
            unavailable([counters(shards=1, capacity=500, joins=500, hold=hold, seed=one) for one in seeds]),
            unavailable([counters(shards=5, capacity=500, joins=500, hold=hold, seed=one) for one in seeds]),
            unavailable([slots(capacity=500, joins=500, hold=hold, seed=one) for one in seeds]),
            unavailable([slots(capacity=500, joins=600, hold=hold, seed=one) for one in seeds]),
        ]
        rows.append([f"{hold * 1000:.0f} ms", *(f"{share:.2%}" for share in shares)])
    head = ["a transaction takes", "one counter", "five counters", "slots", "slots, 600 joins"]
    return Report(tables=[Table(head=head, rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()

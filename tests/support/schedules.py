"""Runs operations at once, one step at a time, in the orders that schedules choose.

An operation is a thread that stops before each of its steps, until the schedule chooses it.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.support.memory_stores import Checks, Memory

STEP_SECONDS = 30
"""A step takes far less; a longer one is a deadlock."""


MAX_INTERRUPTIONS = 3
"""An operation that is interrupted between any two of its steps, by a part of another one, takes two."""


@dataclass(frozen=True)
class Choice:
    """Which operation makes a step. The first one is that of the step before, if it has not ended."""

    chosen: int
    options: int
    can_go_on: bool

    @property
    def interrupts(self) -> bool:
        """Whether another operation makes a step although that of the step before could."""
        return self.can_go_on and self.chosen > 0


class Schedule:
    """Chooses the operation of each step by `choices`. Where they have ended, operations run to their end."""

    def __init__(self, choices: Sequence[int]) -> None:
        self.made: list[Choice] = []
        self._last: int | None = None
        self._choices = choices
        self._waiting: dict[int, threading.Event] = {}
        self._running = 0
        self._changed = threading.Condition()

    def run(self, *operations: Callable[[], object]) -> None:
        """Run all operations to their end. Raises what one of them raises."""
        failures: list[BaseException] = []

        def run_one(operation: Callable[[], object]) -> None:
            try:
                self.pause()
                operation()
            except BaseException as failure:
                failures.append(failure)
            with self._changed:
                self._running -= 1
                self._changed.notify()

        self._running = len(operations)
        threads = [threading.Thread(target=run_one, args=(one,), daemon=True) for one in operations]
        for thread in threads:
            thread.start()
        while self._release_one([thread.ident or 0 for thread in threads]):
            pass
        for thread in threads:
            thread.join(STEP_SECONDS)
        if failures:
            raise failures[0]

    def pause(self) -> None:
        """Wait until the schedule chooses this thread. Does nothing outside of `run`."""
        with self._changed:
            if not self._running:
                return
            chosen = self._waiting[threading.get_ident()] = threading.Event()
            self._changed.notify()
        assert chosen.wait(STEP_SECONDS)

    def _release_one(self, order: Sequence[int]) -> bool:
        """Let one operation make a step, and return whether there was one. Waits until all have stopped."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._waiting) >= self._running, STEP_SECONDS)
            ready = sorted(self._waiting, key=lambda ident: (ident != self._last, order.index(ident)))
            if not ready:
                return False
            number = len(self.made)
            chosen = self._choices[number] % len(ready) if number < len(self._choices) else 0
            self.made.append(Choice(chosen, len(ready), ready[0] == self._last))
            self._last = ready[chosen]
            self._waiting.pop(self._last).set()
            return True


def every_schedule(run: Callable[[Schedule], object]) -> int:
    """Call `run` with every schedule of at most MAX_INTERRUPTIONS; return their number."""
    schedules = 0
    choices: list[int] | None = []
    while choices is not None:
        schedule = Schedule(choices)
        run(schedule)
        schedules += 1
        choices = _next_choices(schedule.made)
    return schedules


def _next_choices(made: Sequence[Choice]) -> list[int] | None:
    """Return the next choices after those, or None if they were the last."""
    for number in reversed(range(len(made))):
        changed = replace(made[number], chosen=made[number].chosen + 1)
        interruptions = sum(choice.interrupts for choice in (*made[:number], changed))
        if changed.chosen < changed.options and interruptions <= MAX_INTERRUPTIONS:
            return [choice.chosen for choice in (*made[:number], changed)]
    return None


class ScheduledMemory(Memory):
    """Stores whose calls are the steps of a schedule."""

    schedule: Schedule | None = None

    @contextmanager
    def step(self, name: str) -> Generator[Checks]:
        if self.schedule is not None:
            self.schedule.pause()
        with super().step(name) as checks:
            yield checks

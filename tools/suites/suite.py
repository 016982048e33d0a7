"""A suite of tests: what runs it, what it needs around it, and what an attempt at it reported."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Environment = AbstractContextManager[Mapping[str, str]]
"""What a suite needs while it runs, such as a stack; its value is the variables that lead the tests there."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A test that failed: its name as its runner takes it, and the first line of what it reported."""

    test: str
    message: str
    is_of_whole_run: bool = False
    """Whether the test checks what the other tests of its run left, and a second attempt proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Duration:
    """How long one phase of a test took; setup and teardown are those of the fixtures that it needs first."""

    seconds: float
    phase: str
    test: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one attempt at a suite reported.

    `only_tests_failed` is False if anything beside the failed tests went wrong: a file could not be
    collected, a hook or the runner itself failed, the report is missing, or the attempt ran out of time.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    passed_tests: frozenset[str] = frozenset()
    """The selected tests that passed; empty if the attempt selected none."""
    failures: tuple[Failure, ...] = ()
    durations: tuple[Duration, ...] = ()
    only_tests_failed: bool = True

    @property
    def has_failed(self) -> bool:
        """Return whether the attempt failed in any way."""
        return self.failed > 0 or not self.only_tests_failed


@dataclass(frozen=True, kw_only=True)
class Records:
    """The files that one attempt leaves in the folder of the logs."""

    folder: Path
    suite: str
    attempt: int

    @property
    def stem(self) -> str:
        """Return the beginning of the files' names."""
        return f"tests-{self.suite}" if self.attempt == 1 else f"tests-{self.suite}-attempt-{self.attempt}"

    @property
    def log(self) -> Path:
        """Return the file of the runner's output."""
        return self.folder / f"{self.stem}.log"

    def report(self, kind: str) -> Path:
        """Return the file of the runner's report, of a kind such as `xml`."""
        return self.folder / f"{self.stem}.{kind}"

    @property
    def cache(self) -> Path:
        """Return the folder in which all attempts at the suite find which tests failed."""
        return self.folder / f"tests-{self.suite}.cache"


class Runner(Protocol):
    """A test runner: how it is called, and how its report is read."""

    @property
    def cwd(self) -> Path:
        """Return the folder that the runner starts in."""
        ...

    def command(self, records: Records, selected: Sequence[str]) -> tuple[str, ...]:
        """Return the command, after removing the records of an earlier run.

        It runs all tests if `selected` is empty.
        """
        ...

    def read(self, records: Records, selected: Sequence[str], exit_status: int) -> Result:
        """Return what the attempt reported."""
        ...


def no_environment() -> Environment:
    """Return the environment of a suite that needs nothing around it."""
    return nullcontext(dict[str, str]())


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Tests that run in one command, with what they need around them."""

    name: str
    runner: Runner
    environment: Callable[[], Environment] = no_environment

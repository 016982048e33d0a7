"""Writes docs/reliability.md from the results of a run."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from tools.reliability.areas import AREAS, HAZARDS
from tools.reliability.results import FAILURES, Case, Result, result_of

INTRODUCTION = """\
<!-- Written by `make reliability`. -->
# Reliability

What is tried to break a session, and what came of it. `make reliability` runs these tests in their long form
on a local stack of its own and writes this page. `make test` runs the same tests in a short form.

- **lost**: an acknowledged message that a listener did not get, or an acknowledged request without effect.
- **doubled**: a message that a client delivered twice, or a repeated request that took effect twice.
- **stuck**: a client or a session that did not come to its end.
- **leaked**: a record in a table that refers to nothing any more, and that no later run removes.

A dash means that the tests of the row do not look for it.
"""


def is_complete(cases: Sequence[Case]) -> bool:
    """Return whether every test of every row and hazard passed."""
    tests = [*(area.tests for area in AREAS), *((hazard.test,) for hazard in HAZARDS)]
    return all(result_of(cases, names).is_complete for names in tests)


def to_markdown(cases: Sequence[Case], *, seconds: float) -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, _run(seconds), "", *_table(cases), "", *_areas(), *_hazards(cases)])


def _run(seconds: float) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"Run of {datetime.now(UTC).date().isoformat()}: {seconds / 60:.0f} minutes on {machine}."


def _table(cases: Sequence[Case]) -> list[str]:
    head = ["what", "tried", *FAILURES, "tests passed"]
    rows = [[area.title, *_cells(result_of(cases, area.tests), area.tried)] for area in AREAS]
    rule = ["---", "---", *["---:"] * (len(FAILURES) + 1)]
    return [_line(head), _line(rule), *map(_line, rows)]


def _cells(result: Result, tried: str) -> list[str]:
    count = result.figures["tried"] or result.passed + result.failed
    failures = [str(result.figures[name]) if name in result.figures else "-" for name in FAILURES]
    return [f"{count:,} {tried}", *failures, _passed(result)]


def _passed(result: Result) -> str:
    every = result.passed + result.failed + result.skipped
    return f"{result.passed} of {every}" if every else "not run"


def _areas() -> list[str]:
    lines = ["## What is tried"]
    for area in AREAS:
        files = dict.fromkeys(test.partition("::")[0] for test in area.tests)
        lines += [f"- **{area.title}**: {area.described} ({', '.join(f'`{file}`' for file in files)})"]
    return [*lines, ""]


def _hazards(cases: Sequence[Case]) -> list[str]:
    results = [result_of(cases, (hazard.test,)) for hazard in HAZARDS]
    avoided = sum(result.is_complete for result in results)
    rows = [
        [hazard.sentence, "did not happen" if result.is_complete else "**not excluded**"]
        for hazard, result in zip(HAZARDS, results, strict=True)
    ]
    return [
        "## Hazards",
        f"{avoided} of {len(HAZARDS)} did not happen.",
        "",
        _line(["hazard", "result"]),
        _line(["---", "---"]),
        *map(_line, rows),
        "",
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

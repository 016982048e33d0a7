"""What a run of the tests found, read from pytest's JUnit report."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.reliability.areas import Area, Hazard

FAILURES = ("lost", "doubled", "stuck", "leaked")
"""What must not happen, by the names that tests record."""


@dataclass(kw_only=True)
class Result:
    """What the tests of a row or a hazard found."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    figures: Counter[str] = field(default_factory=Counter[str])
    """What the tests recorded. A figure that no test recorded is missing."""

    @property
    def is_complete(self) -> bool:
        """Return whether there were tests and all passed."""
        return self.passed > 0 and not self.failed and not self.skipped


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test of the report."""

    name: str
    """Its path, two colons, and its name with its parameters."""
    outcome: str
    """`passed`, `failed` or `skipped`."""
    seconds: float
    figures: Counter[str]


def read_report(path: Path) -> list[Case]:
    """Return the tests of a report. The teardown of a test may be a second entry, which counts with it."""
    return [_case(element) for element in ET.parse(path).iter("testcase")]  # noqa: S314 - pytest wrote it


def result_of(cases: Sequence[Case], tests: Sequence[str]) -> Result:
    """Return the sum of the tests whose names start with one of `tests`."""
    result = Result()
    for case in cases:
        if not any(_matches(case.name, test) for test in tests):
            continue
        result.passed += case.outcome == "passed"
        result.failed += case.outcome == "failed"
        result.skipped += case.outcome == "skipped"
        result.seconds += case.seconds
        for name, count in case.figures.items():
            result.figures[name] += count
    return result


def node_ids(areas: Sequence[Area], hazards: Sequence[Hazard]) -> list[str]:
    """Return what pytest runs: each named test once. A file that a row names runs as a whole."""
    named = [*(test for area in areas for test in area.tests), *(hazard.test for hazard in hazards)]
    files = {test for test in named if "::" not in test}
    return [*sorted(files), *dict.fromkeys(test for test in named if test.partition("::")[0] not in files)]


def _matches(name: str, test: str) -> bool:
    return name == test or name.startswith((f"{test}[", f"{test}::"))


def _case(element: ET.Element) -> Case:
    properties = [(one.get("name", ""), one.get("value", "")) for one in element.iter("property")]
    path = element.get("classname", "").replace(".", "/")
    return Case(
        name=f"{path}.py::{element.get('name')}",
        outcome=_outcome(element),
        seconds=float(element.get("time", "0")),
        figures=Counter({name: int(value) for name, value in properties if value.isdigit()}),
    )


def _outcome(element: ET.Element) -> str:
    if element.find("failure") is not None or element.find("error") is not None:
        return "failed"
    return "passed" if element.find("skipped") is None else "skipped"

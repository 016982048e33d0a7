"""Runs all scenarios one after the other, and writes docs/performance.md and docs/performance.json.

Each scenario runs in a process of its own, because it changes the environment of the functions.
`python -m benchmarks NAME...` runs the named ones only, and replaces their sections.
"""

import inspect
import json
import multiprocessing
import os
import platform
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from benchmarks import (
    archives,
    coalescing,
    deployed,
    deployment,
    fan_out,
    join_burst,
    keep_alive,
    latency,
    message_cost,
    requests,
    scale,
    stalled_listener,
    validation,
)
from benchmarks.report import Chart, Goal, Report, Table

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, FIGURES = DOCS / "performance.md", DOCS / "performance.json"
SCENARIOS: Mapping[str, tuple[str, ModuleType]] = {
    "requests": ("Requests beside plain handlers", requests),
    "fan_out": ("Fan-out of one message", fan_out),
    "stalled_listener": ("One stalled listener", stalled_listener),
    "latency": ("From publish to receipt, without the cloud", latency),
    "deployment": ("Deploying the local stack", deployment),
    "deployed": ("The deployed local stack", deployed),
    "archives": ("Cold starts", archives),
    "keep_alive": ("A keep-alive run", keep_alive),
    "join_burst": ("A burst of joins", join_burst),
    "validation": ("Validation of a message", validation),
    "scale": ("Large audiences", scale),
    "coalescing": ("Coalescing", coalescing),
    "message_cost": ("Cost of a message", message_cost),
}
"""Title and module of each scenario."""
INTRODUCTION = """\
<!-- Written by `make bench`. -->
# Performance

`make bench` measures everything on this page, each figure beside its baseline in the same run.
Compare a time with the other times of its table only, because the machine may do other work.
Ratios and counts hold on any machine. A goal that is not met is shown as not met.
`docs/performance.json` has the same figures.
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One scenario's report, with its day (ISO 8601, UTC) and the machine that measured it."""

    date: str
    machine: str
    report: Report

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> Self:
        """Return the run that `asdict` made these figures of."""
        report = figures["report"]
        return cls(
            date=figures["date"],
            machine=figures["machine"],
            report=Report(
                tables=[Table(**one) for one in report["tables"]],
                goals=[Goal(**one) for one in report["goals"]],
                charts=[Chart(**one) for one in report["charts"]],
                remarks=report["remarks"],
            ),
        )


def main(names: list[str]) -> None:
    """Run all scenarios, or those with the given names, and write each report as soon as it is there."""
    for name in names or SCENARIOS:
        title, module = SCENARIOS[name]
        print(f"\n{title}\n", flush=True)
        measured = run(module)
        print(measured.report.text(), flush=True)
        write(read() | {name: measured})


def run(module: ModuleType) -> Run:
    """Run one scenario in a new process."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as process:
        report = process.submit(module.report).result()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return Run(date=datetime.now(UTC).date().isoformat(), machine=machine, report=report)


def read() -> dict[str, Run]:
    """Read the runs of the JSON file, by scenario."""
    if not FIGURES.is_file():
        return {}
    return {name: Run.of(one) for name, one in json.loads(FIGURES.read_text(encoding="utf-8")).items()}


def write(runs: Mapping[str, Run]) -> None:
    """Write the page and the JSON file, in the order of the scenarios."""
    ordered = {name: runs[name] for name in SCENARIOS if name in runs}
    sections = [INTRODUCTION.rstrip()]
    for name, one in ordered.items():
        title, module = SCENARIOS[name]
        measured = f"Measured on {one.date} ({one.machine})."
        sections.append(f"## {title}\n\n{about(module)}\n\n{one.report.markdown()}\n\n{measured}")
    PAGE.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    figures = {name: asdict(one) for name, one in ordered.items()}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def about(module: ModuleType) -> str:
    """Return a module's docstring as a paragraph, with the command at its end as code."""
    lines = " ".join((inspect.getdoc(module) or "").split())
    text, _, command = lines.partition("Run: ")
    return f"{text.strip()}\n\nRun alone: `{command.split(' (')[0].rstrip('.')}`" if command else text


if __name__ == "__main__":
    main(sys.argv[1:])

"""Runs all scenarios one after the other, and writes docs/performance.md and docs/performance.json.

`python -m benchmarks NAME...` runs the named ones only, and writes nothing.
"""

import inspect
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from benchmarks import (
    archives,
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
from benchmarks.report import Report

DOCS = Path(__file__).resolve().parent.parent / "docs"
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
    "message_cost": ("Cost of a message", message_cost),
}
"""Title and module of each scenario."""
INTRODUCTION = """\
<!-- Written by `make bench`. -->
# Performance

`make bench` measures everything on this page in one run, each figure beside its baseline.
Compare a time with the other times of its table only, because the machine may do other work.
Ratios and counts hold on any machine. A goal that is not met is shown as not met.
`docs/performance.json` has the same figures.
"""


def main(names: list[str]) -> None:
    """Run all scenarios, or those with the given names."""
    reports: dict[str, Report] = {}
    for name, (title, module) in SCENARIOS.items():
        if not names or name in names:
            print(f"\n{title}\n", flush=True)
            reports[name] = module.report()
            print(reports[name].text(), flush=True)
    if not names:
        write(reports)


def write(reports: Mapping[str, Report]) -> None:
    """Write the page and the JSON file."""
    now = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    sections = [INTRODUCTION + f"\nMeasured on {now} ({machine})."]
    for name, one in reports.items():
        title, module = SCENARIOS[name]
        sections.append(f"## {title}\n\n{about(module)}\n\n{one.markdown()}")
    (DOCS / "performance.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    figures = {"date": now, "machine": machine, **{name: asdict(one) for name, one in reports.items()}}
    (DOCS / "performance.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def about(module: ModuleType) -> str:
    """Return a module's docstring as a paragraph, with the command at its end as code."""
    lines = " ".join((inspect.getdoc(module) or "").split())
    text, _, command = lines.partition("Run: ")
    return f"{text}\n\nRun alone: `{command.split(' (')[0].rstrip('.')}`" if command else text


if __name__ == "__main__":
    main(sys.argv[1:])

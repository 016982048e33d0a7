"""The report of a verification, which is also its state: a second run continues where the first stopped."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pulumi_local_aws.files import write_secret
from tools.verify.observations import Observation, Verdict


@dataclass(kw_only=True)
class Report:
    """Everything that was seen, by step. `write` stores it after each observation."""

    path: Path
    """The JSON file. The Markdown file beside it has the same name."""
    stack: str
    started: str
    """When the run began, in UTC."""
    place: str = ""
    """The account and Region, or the local AWS."""
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    """The settings that differ from those of the verified stack, each with its reason."""
    stack_exists: bool = False
    process: dict[str, float] = field(default_factory=dict[str, float])
    """The running command: its `pid` and when it `started`. Empty if none runs."""
    done: list[str] = field(default_factory=list[str])
    """The steps that are complete."""
    observations: dict[str, list[Observation]] = field(default_factory=dict[str, list[Observation]])
    """What was seen, by step."""

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return the stored report, or None if there is none."""
        if not path.is_file():
            return None
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        observations = {
            step: [Observation(**{**one, "verdict": Verdict(one["verdict"])}) for one in found]
            for step, found in stored.pop("observations").items()
        }
        return cls(path=path, observations=observations, **stored)

    def begin(self, step: str) -> None:
        """Forget what an earlier run saw in this step."""
        self.observations[step] = []
        if step in self.done:
            self.done.remove(step)

    def add(self, step: str, observation: Observation) -> None:
        """Record an observation at once."""
        self.observations[step].append(observation)
        self.write()

    def finish(self, step: str) -> None:
        """Record that a step is complete."""
        self.done.append(step)
        self.write()

    def write(self) -> None:
        """Write both files."""
        stored = asdict(self)
        del stored["path"]
        write_secret(self.path, json.dumps(stored, indent=2) + "\n")
        write_secret(self.markdown, self.to_markdown())

    @property
    def markdown(self) -> Path:
        """The file for people."""
        return self.path.with_suffix(".md")

    def count(self, verdict: Verdict) -> int:
        """Return how many observations have the verdict."""
        return sum(one.verdict is verdict for found in self.observations.values() for one in found)

    def totals(self) -> str:
        """Return the number of observations with each verdict."""
        return ", ".join(f"{self.count(verdict)} {verdict}" for verdict in Verdict)

    def to_markdown(self) -> str:
        """Return the report as a page: a summary, and a table for each step."""
        lines = [
            f"# Verification of {self.stack}",
            "",
            f"Started {self.started}, at {self.place or 'an unknown place'}.",
            f"Observations: {self.totals()}.",
            "",
            *_settings(self.overrides),
        ]
        for step, found in self.observations.items():
            lines += ["", f"## {step}", "", *(() if step in self.done else ("This step is incomplete.", ""))]
            lines += [_row(_COLUMNS), _row("---" for _ in _COLUMNS), *map(_observation, found)]
        return "\n".join(lines) + "\n"


_COLUMNS = ("subject", "verdict", "expected", "seen", "source", "if it differs")


def _settings(overrides: Mapping[str, str]) -> list[str]:
    return ["Settings that differ from the verified stack's:", ""] + [
        f"- {setting}: {reason}" for setting, reason in overrides.items()
    ]


def _observation(one: Observation) -> str:
    return _row((one.subject, one.verdict, one.expected, one.seen, one.source, one.consequence))


def _row(cells: Any) -> str:
    return (
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|').replace(chr(10), '<br>') for cell in cells)} |"
    )

"""Drive a Pulumi project made of a catalogue of cases with the real engine."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pulumi_local_aws.engine import Engine, Result
from tests.emulator.catalogue import Case

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A stack of the catalogue program in a folder of its own."""

    engine: Engine
    folder: Path
    stack: str = "test"

    @classmethod
    def make(cls, engine: Engine, folder: Path, name: str) -> Self:
        """Create a project; its state has the same name, so each test needs a name of its own."""
        target = folder / name
        shutil.copytree(PROGRAMS / "catalogue", target)
        (target / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        project = cls(
            engine=engine.with_environment({"CATALOGUE": str(target / "catalogue.json")}), folder=target
        )
        engine.select(project.stack, target)
        return project

    def write(self, cases: Mapping[str, Case | Mapping[str, Any]]) -> None:
        """Make `cases` the program's resources."""
        entries = {
            name: {
                "type": case.type,
                "properties": case.properties,
                "dependsOn": [other for other in case.depends_on if other in cases],
            }
            if isinstance(case, Case)
            else case
            for name, case in cases.items()
        }
        (self.folder / "catalogue.json").write_text(json.dumps(entries))

    def up(self, *extra: str, **options: Any) -> Result:
        """Run `pulumi up`."""
        return self.engine.up(self.stack, self.folder, *extra, **options)

    def refresh(self, *extra: str, **options: Any) -> Result:
        """Run `pulumi refresh`."""
        return self.engine.refresh(self.stack, self.folder, *extra, **options)

    def destroy(self, *extra: str, **options: Any) -> Result:
        """Run `pulumi destroy`."""
        return self.engine.destroy(self.stack, self.folder, *extra, **options)

    def plan(self, *extra: str) -> dict[str, dict[str, Any]]:
        """Return a preview's steps by resource name; for a replacement, the step that has the reasons."""
        found: dict[str, dict[str, Any]] = {}
        for step in self.engine.plan(self.stack, self.folder, *extra):
            name = step["urn"].rsplit("::", 1)[-1]
            if step["op"] in {"create", "update", "replace", "same", "delete"}:
                found[name] = step
        return found

    def planned_changes(self) -> dict[str, int]:
        """Return how many resources a preview would create, update and so on: the engine's own summary."""
        return json.loads(self.engine.preview(self.stack, self.folder, "--json").stdout)["changeSummary"]

    def done(self) -> dict[str, int]:
        """Return the same summary of the last run that changed the stack."""
        history = self.engine.run(self.folder, "stack", "history", "--stack", self.stack, "--json")
        return json.loads(history.stdout)[0]["resourceChanges"]

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the stored resources by name, secrets encrypted."""
        resources = self.engine.export(self.stack, self.folder)["deployment"].get("resources", [])
        return {one["urn"].rsplit("::", 1)[-1]: one for one in resources}


def changed(case: Case, properties: Mapping[str, Any]) -> Case:
    """Return the case with other properties."""
    return replace(case, properties={**case.properties, **properties})

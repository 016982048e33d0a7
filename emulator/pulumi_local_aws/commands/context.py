"""What the commands on one project have in common: their options, and the stack that they work on."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import ProgramStack
from pulumi_local_aws.stack.project import Project


def parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the options of every command on a project."""
    made = argparse.ArgumentParser(prog=f"local-aws {command}", description=description)
    made.add_argument("--cwd", type=Path, default=Path(), help="the project's folder, or one below it")
    return made


@dataclass(frozen=True, kw_only=True)
class Context:
    """A project and its local stack."""

    project: Project
    layout: Layout

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the context of the project in the folder or above it."""
        project = Project.find(folder.resolve())
        return cls(project=project, layout=Layout.of(project.folder))

    def stack(self, *, official: bool = False) -> ProgramStack:
        """Return the stack `local`; its keys are made if there are none."""
        return ProgramStack(self.layout, self.project, services.load_keys(self.layout), official=official)

"""A Pulumi project as its Pulumi.yaml describes it."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import yaml

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.program_interpreter import interpreter, virtualenv

FILES = ("Pulumi.yaml", "Pulumi.yml")
_VERSION_CODE = "import importlib.metadata as m; print(m.version('pulumi-aws'))"
_GO_REQUIREMENT = re.compile(r"github\.com/pulumi/pulumi-aws/sdk/v7 v(\S+)")


@dataclass(frozen=True, kw_only=True)
class Project:
    """The project in `file`; `options` are its runtime's."""

    file: Path
    name: str
    runtime: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    config_folder: Path

    @classmethod
    def find(cls, start: Path) -> Self:
        """Return the project of the folder or of its nearest parent. Raises CommandError without one."""
        found = cls.search(start)
        if found is None:
            raise CommandError(
                f"There is no Pulumi.yaml in {start} or above it: run `pulumi new`, or use --cwd."
            )
        return found

    @classmethod
    def search(cls, start: Path) -> Self | None:
        """Return the project of the folder or of its nearest parent, or None without one."""
        files = (folder / name for folder in (start, *start.parents) for name in FILES)
        file = next((file for file in files if file.is_file()), None)
        return None if file is None else cls.read(file)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the project that the file describes. Raises CommandError if name or runtime is missing."""
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise CommandError(f"{file} is invalid YAML: {' '.join(str(error).split())}") from error
        text = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        runtime = text.get("runtime")
        named = cast("dict[str, Any]", runtime) if isinstance(runtime, dict) else {"name": runtime}
        if not text.get("name") or not named.get("name"):
            raise CommandError(f"{file} must have `name` and `runtime`.")
        return cls(
            file=file,
            name=str(text["name"]),
            runtime=str(named["name"]),
            options=cast("dict[str, Any]", named.get("options") or {}),
            config_folder=file.parent / str(text.get("stackConfigDir") or ""),
        )

    @property
    def folder(self) -> Path:
        """The folder of Pulumi.yaml."""
        return self.file.parent

    def is_installed(self) -> bool:
        """Return whether the program's own packages are there: its virtual environment, or node_modules."""
        if self.runtime == "python":
            venv = virtualenv(self.folder, self.options)
            return venv is None or (venv / "bin" / "python").exists()
        return self.runtime != "nodejs" or (self.folder / "node_modules").is_dir()

    def aws_version(self) -> str:
        """Return the version of the program's pulumi-aws SDK, which the engine asks the plugin for.

        It is the tested version if the program names none (YAML). Raises CommandError for a major version
        other than 7.
        """
        version = self._sdk_version() or TESTED_VERSION
        if version.partition(".")[0] != TESTED_VERSION.partition(".")[0]:
            raise CommandError(f"The program uses pulumi-aws {version}; the local AWS supports 7.x.")
        return version

    def _sdk_version(self) -> str:
        if self.runtime == "python":
            command = [str(interpreter(self.folder, self.options)), "-c", _VERSION_CODE]
            shown = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)  # noqa: S603
            return shown.stdout.strip()
        if self.runtime == "nodejs":
            package = self.folder / "node_modules" / "@pulumi" / "aws" / "package.json"
            return json.loads(package.read_text(encoding="utf-8"))["version"] if package.is_file() else ""
        if self.runtime == "go" and (self.folder / "go.mod").is_file():
            found = _GO_REQUIREMENT.search((self.folder / "go.mod").read_text(encoding="utf-8"))
            return found[1] if found else ""
        return ""

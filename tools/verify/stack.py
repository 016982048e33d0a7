"""The stack of a verification: its own name and state, the settings of the verified stack, the user's CLI."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from pulumi_local_aws.engine import Result, explain
from pulumi_local_aws.errors import CommandError, EngineError
from pulumi_local_aws.files import private_folder, write_secret
from tools.verify.command_runner import CommandRunner

PREFIX = "verify-"
NAMESPACE = "websocket-sessions"
OVERRIDES: Mapping[str, tuple[object, str]] = {
    "deletionProtection": (False, "the stack is removed at the end"),
    "createAccountRole": (False, "the account's role belongs to all APIs of the account"),
    "passwordSignIn": (True, "tests sign their users in by password"),
    "limits": (
        {
            "enabled": True,
            "sessionsPerHour": 100_000,
            "joinsPerMinute": 100_000,
            "connectsPerMinute": 100_000,
            "messagesPerMinute": 100_000,
            "requestsPerMinute": 100_000,
        },
        "all listeners come from one address",
    ),
}
"""Settings that a verification changes, each with its reason."""
Resource = Mapping[str, Any]


class VerifiedStack:
    """A stack `verify-<name>` with the settings of the stack `<name>`.

    `folder` keeps its config and the output of each command. `environment` is the CLI's: the backend, the
    passphrase and the AWS credentials.
    """

    def __init__(
        self,
        source: str,
        *,
        project: Path,
        folder: Path,
        runner: CommandRunner,
        environment: Mapping[str, str],
    ) -> None:
        owner, slash, short = source.rpartition("/")
        self.name = f"{owner}{slash}{PREFIX}{short}"
        self.folder = folder
        self._project = project
        self._runner = runner
        self._config_file = folder / f"Pulumi.{PREFIX}{short}.yaml"
        self._committed = _config_of(short, project, environment)
        self.config = self._committed["config"] | {
            f"{NAMESPACE}:{key}": value for key, (value, _) in OVERRIDES.items()
        }
        cli = shutil.which("pulumi", path=environment.get("PATH"))
        if cli is None:
            raise CommandError("the Pulumi CLI is not on PATH: install it, or `source .local/env`.")
        self._cli = cli
        self._environment = {name: value for name, value in environment.items() if name != "PULUMI_STACK"} | {
            "PULUMI_OPTION_CONFIG_FILE": str(self._config_file),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    @property
    def region(self) -> str | None:
        """The Region in the config, or else in the environment."""
        return self.config.get("aws:region") or self._environment.get("AWS_REGION")

    def setting(self, key: str) -> Any:
        """Return the value of a setting, or None if its default applies."""
        return self.config.get(f"{NAMESPACE}:{key}")

    def create(self) -> None:
        """Write the config and create the empty stack if it does not exist."""
        private_folder(self.folder)
        existing = self._config_file.read_text(encoding="utf-8") if self._config_file.exists() else "{}"
        salt = cast("dict[str, Any]", yaml.safe_load(existing) or {}).get("encryptionsalt")
        kept = {name: value for name, value in self._committed.items() if name == "secretsprovider"}
        content = kept | {"config": self.config} | ({"encryptionsalt": salt} if salt else {})
        write_secret(self._config_file, str(cast("Any", yaml).safe_dump(content, sort_keys=False)))
        if not self.exists():
            # In a folder of its own: `stack init` writes the salt beside the Pulumi.yaml that it finds.
            shutil.copyfile(self._project / "Pulumi.yaml", self.folder / "Pulumi.yaml")
            provider = ("--secrets-provider", kept["secretsprovider"]) if kept else ()
            self._pulumi("stack", "init", self.name, *provider, cwd=self.folder, named=False)

    def exists(self) -> bool:
        """Return whether the backend has the stack."""
        listed = json.loads(self._pulumi("stack", "ls", "--json", named=False).stdout)
        return self.name.rpartition("/")[2] in {str(one["name"]).rpartition("/")[2] for one in listed}

    def plan(self, *options: str) -> dict[str, int]:
        """Return how many resources a preview would `create`, `update`, leave the `same` and so on."""
        shown = self._pulumi("preview", "--json", "--suppress-progress", *options)
        return json.loads(shown.stdout).get("changeSummary", {})

    def up(self) -> None:
        """Deploy."""
        self._pulumi("up", "--yes", "--skip-preview", "--suppress-progress")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs."""
        return json.loads(self._pulumi("stack", "output", "--json", "--show-secrets").stdout)

    def resources(self) -> list[Resource]:
        """Return the resources in the state."""
        exported = json.loads(self._pulumi("stack", "export").stdout)
        return exported["deployment"].get("resources") or []

    def release(self) -> None:
        """Drop the lock of a command that was killed."""
        if self.exists():
            self._pulumi("cancel", "--yes", self.name, named=False, check=False)

    def destroy(self) -> None:
        """Remove all resources, then the stack and its config."""
        self._pulumi("destroy", "--yes", "--skip-preview", "--suppress-progress")
        self._pulumi("stack", "rm", "--yes", self.name, named=False)
        self._config_file.unlink(missing_ok=True)

    def _pulumi(
        self,
        *arguments: str,
        cwd: Path | None = None,
        named: bool = True,
        check: bool = True,
    ) -> Result:
        """Run the CLI; with `named`, on this stack. Raises EngineError if it fails and `check` is set."""
        command = [self._cli, *arguments, "--non-interactive", "--color", "never"]
        command += ["--stack", self.name] if named else []
        result = self._runner.run(
            f"pulumi-{'-'.join(word for word in arguments[:2] if word.isalpha())}",
            command,
            cwd=cwd or self._project,
            environment=self._environment,
        )
        if check and result.returncode:
            raise EngineError(explain(arguments[0], result))
        return result


def _config_of(stack: str, project: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the config file of the verified stack: the one in the environment if it has that name."""
    name = f"Pulumi.{stack}.yaml"
    given = Path(environment.get("PULUMI_OPTION_CONFIG_FILE", os.devnull))
    path = given if given.name == name else project / name
    if not path.is_file():
        raise CommandError(f"{path} does not exist: a stack's settings are in a file of its name.")
    content = cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    content["config"] = config = cast("dict[str, Any]", content.get("config") or {})
    secret = next((key for key, value in config.items() if isinstance(value, dict) and "secure" in value), "")
    if secret:
        raise CommandError(f"{path} has an encrypted value, {secret}: another stack cannot read it.")
    return content

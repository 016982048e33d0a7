"""Run OpenTofu or Terraform with an AWS provider that is on this machine."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

CLIS = ("tofu", "terraform")
PLUGINS_VARIABLE = "TERRAFORM_PLUGINS"
PROVIDER = "terraform-provider-aws"
_DEFAULT_SOURCE = "registry.terraform.io/hashicorp/aws"
_TIMEOUT_SECONDS = 1800
_ENVIRONMENT = {"TF_CLI_ARGS": "", "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"}


class TerraformUnavailableError(Exception):
    """There is no CLI, or no provider for it."""


class TerraformError(Exception):
    """A command failed."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """A CLI and the AWS provider that it uses, in a working folder."""

    cli: Path
    source: str
    installation: str
    """How the CLI finds the provider: a block of its configuration file."""
    folder: Path

    @classmethod
    def find(cls, folder: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the CLI on PATH with a provider on PATH or in the folder that TERRAFORM_PLUGINS names.

        That folder is a filesystem mirror, as `terraform providers mirror` writes it. Raises
        TerraformUnavailableError.
        """
        path = environment.get("PATH", os.defpath)
        cli = next((found for name in CLIS if (found := shutil.which(name, path=path))), None)
        if cli is None:
            raise TerraformUnavailableError(f"neither {' nor '.join(CLIS)} is on PATH")
        mirror = environment.get(PLUGINS_VARIABLE)
        if mirror:
            providers = sorted(Path(mirror).glob("*/hashicorp/aws"))
            if not providers:
                raise TerraformUnavailableError(
                    f"{PLUGINS_VARIABLE} is {mirror}, which has no folder HOST/hashicorp/aws"
                )
            source = str(providers[0].relative_to(mirror))
            block = f"filesystem_mirror {{\n    path = {json.dumps(str(Path(mirror).absolute()))}\n  }}"
        else:
            binary = shutil.which(PROVIDER, path=path)
            if binary is None:
                raise TerraformUnavailableError(
                    f"{PROVIDER} is not on PATH, and {PLUGINS_VARIABLE} names no folder with it"
                )
            source = _DEFAULT_SOURCE
            overrides = json.dumps(str(Path(binary).parent.absolute()))
            block = f'dev_overrides {{\n    "{source}" = {overrides}\n  }}'
        return cls(cli=Path(cli), source=source, installation=block, folder=folder)

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a file of the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")

    def prepare(self, provider: Mapping[str, Any]) -> None:
        """Write the provider's configuration and initialize the folder."""
        required = {"aws": {"source": self.source}}
        self.write(
            "provider.tf.json",
            {"terraform": {"required_providers": required}, "provider": {"aws": provider}},
        )
        settings = f"provider_installation {{\n  {self.installation}\n}}\n"
        (self.folder / "cli.tfrc").write_text(settings, encoding="utf-8")
        if not self.installation.startswith("dev_overrides"):
            self.run("init", "-input=false")

    def version(self) -> str:
        """Return the versions of the CLI and the provider."""
        said = json.loads(self.run("version", "-json"))
        providers = [f"{name} {number}" for name, number in said.get("provider_selections", {}).items()]
        return ", ".join([f"{self.cli.name} {said['terraform_version']}", *providers])

    def validate(self) -> None:
        """Check the configuration against the provider's schema. Raises TerraformError."""
        self.run("validate")

    def plan(self) -> dict[str, Any]:
        """Return the plan of the next `apply`, as `show -json` prints it."""
        self.run("plan", "-input=false", "-out=planned")
        return json.loads(self.run("show", "-json", "planned"))

    def apply(self) -> dict[str, Any]:
        """Apply the last plan; return the state, as `show -json` prints it."""
        self.run("apply", "-input=false", "planned")
        return json.loads(self.run("show", "-json"))

    def run(self, command: str, *arguments: str) -> str:
        """Return a command's standard output. Raises TerraformError with what it reports."""
        done = subprocess.run(
            [str(self.cli), command, *arguments],
            cwd=self.folder,
            env={**os.environ, "TF_CLI_CONFIG_FILE": str(self.folder / "cli.tfrc"), **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
        if done.returncode:
            raise TerraformError(f"{self.cli.name} {command} failed:\n{done.stderr or done.stdout}")
        return done.stdout


def provider_settings(environment: Mapping[str, str], services: tuple[str, ...]) -> dict[str, Any]:
    """Return the provider's configuration for an emulator, which `environment` names as for boto3."""
    return {
        "region": environment["AWS_REGION"],
        "access_key": environment["AWS_ACCESS_KEY_ID"],
        "secret_key": environment["AWS_SECRET_ACCESS_KEY"],
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "s3_use_path_style": True,
        "endpoints": [dict.fromkeys(services, environment["AWS_ENDPOINT_URL"])],
    }

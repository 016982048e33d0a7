"""The Pulumi stack `local` of a project, deployed by the real engine with a file backend beside it."""

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any, cast

import yaml

from pulumi_local_aws.console import log_tail, say
from pulumi_local_aws.engine import STATE_AT_THE_END, Engine, engine_environment, home
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import private_folder, write_secret
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.locks import drop_dead_locks, has_locks
from pulumi_local_aws.ministack import REGION, lambda_environment
from pulumi_local_aws.stack.layout import EMULATOR_PORT, Layout
from pulumi_local_aws.stack.project import Project

COMMITTED_ENDPOINT = f"localhost:{EMULATOR_PORT.default}"
"""The emulator's address in a committed config, which follows EMULATOR_PORT."""
ENDPOINTS = (
    "acm",
    "apigateway",
    "apigatewayv2",
    "appsync",
    "cloudfront",
    "cloudwatch",
    "cognitoidp",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "events",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "wafv2",
)
"""The services whose endpoint is set for the official plugin."""
Keys = tuple[str, str]
Outputs = dict[str, Any]


class ProgramStack:
    """A project's stack on a local AWS; `keys` are the emulator's access key and secret key."""

    def __init__(
        self, layout: Layout, project: Project, keys: Keys, name: str = "local", *, official: bool = False
    ) -> None:
        """Take the layout as it is; nothing is written before `prepare`."""
        self.layout = layout
        self.project = project
        self.keys = keys
        self.name = name
        self.official = official
        self._checkpoint = layout.state / ".pulumi" / "stacks" / project.name / f"{name}.json"
        self._config = layout.stack / f"Pulumi.{name}.yaml"
        self._committed = project.config_folder / self._config.name
        self._passphrase = layout.local / "passphrase"
        self._updating = layout.state / "updating"
        self._engine: Engine | None = None

    def aws_environment(self) -> dict[str, str]:
        """Return what the AWS CLI and boto3 need to reach the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.layout.emulator_url,
            "AWS_ACCESS_KEY_ID": self.keys[0],
            "AWS_SECRET_ACCESS_KEY": self.keys[1],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def pulumi_environment(self) -> dict[str, str]:
        """Return what the Pulumi CLI needs besides, to work on this stack alone."""
        own = {
            "PULUMI_BACKEND_URL": f"file://{self.layout.state}",
            "PULUMI_STACK": self.name,
            "PULUMI_OPTION_CONFIG_FILE": str(self._config),
            "EMULATOR_WEBSOCKET_URL": self.layout.websocket_url,
            **lambda_environment(),
        }
        if not self.official:
            own["PULUMI_HOME"] = str(home(self.layout.state))
        if not _salt(self._committed):
            own["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(self._passphrase)
        return own

    def prepare(self) -> None:
        """Write the config and the passphrase, and create the stack if it does not exist."""
        for folder in (self.layout.local, self.layout.state, self.layout.stack):
            private_folder(folder)
        ignored = self.layout.local / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="ascii")
        write_secret(self._passphrase, secrets.token_urlsafe(32), keep=True)
        shutil.copyfile(self.project.file, self.layout.stack / self.project.file.name)
        self.write_config()
        # Components in a plugin of their own ask for the version that is installed beside them.
        versions = () if self.official else (self.project.aws_version(), TESTED_VERSION)
        prepared = Engine.prepare(
            self.aws_environment(),
            state=self.layout.state,
            versions=versions,
            runtimes=(self.project.runtime,),
            official_plugin=self.official,
            report=say,
        )
        self._engine = prepared.with_environment(
            self.pulumi_environment() | {"PULUMI_CONFIG_PASSPHRASE": self.passphrase()}
        )
        if not self.exists():
            # In a folder of its own: `stack init` writes the salt beside the Pulumi.yaml that it finds.
            self._engine.run(self.layout.stack, "stack", "init", self.name)

    @property
    def engine(self) -> Engine:
        """The engine; the stack is prepared when it is first asked for."""
        if self._engine is None:
            self.prepare()
        return cast("Engine", self._engine)

    def install(self) -> None:
        """Run `pulumi install` in the project: its packages by its own package manager."""
        self.prepare_cli().run(self.project.folder, "install", "--no-plugins")

    def prepare_cli(self) -> Engine:
        """Return the engine without a stack, for commands that need only the project."""
        prepared = Engine.prepare(
            self.aws_environment(), state=self.layout.state, runtimes=(self.project.runtime,), report=say
        )
        environment = engine_environment(self.aws_environment(), state=self.layout.state)
        return prepared.with_environment(environment)

    def up(self, *options: str) -> str:
        """Deploy; return the engine's own summary of the resources, such as `97 unchanged`.

        The mark of an update stays if the engine was killed, and if it refused because another one runs.
        """
        engine = self.engine
        if not self._has_resources():
            engine = engine.with_environment(STATE_AT_THE_END)
        self._updating.touch()
        result = engine.up(
            self.name,
            self.project.folder,
            "--suppress-outputs",
            "--suppress-progress",
            *options,
            check=False,
        )
        is_killed = result.returncode < 0
        if not is_killed and not has_locks(self.layout.state):
            self._updating.unlink(missing_ok=True)
        log = self.layout.logs / "pulumi-up.log"
        write_secret(log, result.output)
        if result.returncode != 0:
            raise CommandError(f"pulumi up failed.\n{diagnostics(result.output) or log_tail(log)}")
        return summary(result.output)

    def outputs(self) -> Outputs:
        """Return the stack's outputs, secrets included."""
        return self.engine.outputs(self.name, self.project.folder, show_secrets=True)

    def exists(self) -> bool:
        """Return whether there is a state at all."""
        return self._checkpoint.exists()

    def was_interrupted(self) -> bool:
        """Return whether an update was killed: it left its mark, a lock, or operations without an outcome.

        The lock of a running update stays; the engine then refuses to continue and names the holder.
        """
        if drop_dead_locks(self.layout.state):
            return True
        if self._updating.exists() and not has_locks(self.layout.state):
            return True
        try:
            return bool(self._latest().get("pending_operations"))
        except (ValueError, KeyError):
            return True

    def _has_resources(self) -> bool:
        """Return whether the state has resources, or cannot be read."""
        try:
            return bool(self._latest().get("resources"))
        except (ValueError, KeyError):
            return True

    def _latest(self) -> dict[str, Any]:
        """Return what the state has of the last update. Raises ValueError and KeyError if it is damaged."""
        if not self._checkpoint.exists():
            return {}
        checkpoint: Any = json.loads(self._checkpoint.read_text(encoding="utf-8"))
        return checkpoint["checkpoint"].get("latest") or {}

    def forget(self) -> None:
        """Remove the state: the resources that it described no longer exist."""
        shutil.rmtree(self.layout.state, ignore_errors=True)
        self._engine = None

    def write_config(self) -> None:
        """Write the config that the engine gets: the project's, with this machine's salt and addresses."""
        private_folder(self.layout.stack)
        text = self._committed.read_text(encoding="utf-8") if self._committed.exists() else ""
        if self.official:
            text = _with_endpoints(text, self.layout.emulator_url, self.keys)
        elif self.layout.emulator_port != EMULATOR_PORT.default:
            text = text.replace(COMMITTED_ENDPOINT, f"localhost:{self.layout.emulator_port}")
        own_salt = "" if _salt(self._committed) or not self.exists() else _salt(self._config)
        write_secret(self._config, text + ("" if text.endswith("\n") or not text else "\n") + own_salt)

    def passphrase(self) -> str:
        """Return the passphrase of the stack's secrets.

        It is made at random for this machine, except for a project whose config has encrypted values. Raises
        CommandError if that project's own is missing in PULUMI_CONFIG_PASSPHRASE.
        """
        if not _salt(self._committed):
            return self._passphrase.read_text(encoding="utf-8")
        if "PULUMI_CONFIG_PASSPHRASE" not in os.environ:
            raise CommandError(f"{self._committed} has encrypted values: set PULUMI_CONFIG_PASSPHRASE.")
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]


def summary(text: str) -> str:
    """Return the counts below `Resources:` in one line."""
    block = re.search(r"^Resources:\n((?:    .+\n)+)", text, re.MULTILINE)
    counts = [line.strip() for line in block[1].splitlines()] if block else []
    # The engine adds a total such as `40 changes. 177 unchanged` to what it counted by kind.
    return ", ".join(line.rpartition("changes. ")[2] for line in counts) or "no resources"


def diagnostics(text: str) -> str:
    """Return what the engine reported as wrong."""
    block = re.search(r"^Diagnostics:\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    return block[1].rstrip() if block else ""


def _salt(config: Path) -> str:
    text = config.read_text(encoding="utf-8") if config.exists() else ""
    return "".join(f"{line}\n" for line in text.splitlines() if line.startswith("encryptionsalt:"))


def _with_endpoints(text: str, endpoint: str, keys: Keys) -> str:
    """Return the config with everything that leads the official plugin to the emulator."""
    content = cast("dict[str, Any]", yaml.safe_load(text) or {})
    content["config"] = {
        "aws:region": REGION,
        **cast("dict[str, Any]", content.get("config") or {}),
        "aws:accessKey": keys[0],
        "aws:secretKey": keys[1],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:s3UsePathStyle": True,
        "aws:endpoints": [dict.fromkeys(ENDPOINTS, endpoint)],
    }
    return str(cast("Any", yaml).safe_dump(content, sort_keys=False))

"""The Pulumi stack `local`, carried out by the real engine on a file backend inside `.local`."""

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import Any, cast

import yaml

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.locks import drop_dead_locks
from pulumi_local_aws.ministack import REGION, lambda_environment
from tools.dev_stack.console import CommandError, log_tail, say
from tools.dev_stack.paths import EMULATOR_PORT, Layout

COMMITTED_ENDPOINT = f"localhost:{EMULATOR_PORT.default}"
"""The emulator's address in the committed config, which follows EMULATOR_PORT."""
Outputs = dict[str, Any]


class DevStack:
    """The stack of one layout; `keys` are the emulator's access key and secret key."""

    def __init__(self, layout: Layout, keys: tuple[str, str], name: str = "local") -> None:
        """Take the layout as it is; nothing is written before `prepare`."""
        self.layout = layout
        self.keys = keys
        self.name = name
        self._checkpoint = layout.state / ".pulumi" / "stacks" / project_name(layout.root) / f"{name}.json"
        self._engine: Engine | None = None
        self._config = layout.stack / f"Pulumi.{name}.yaml"

    def aws_environment(self) -> dict[str, str]:
        """What the AWS CLI and boto3 need to reach the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.layout.emulator_url,
            "AWS_ACCESS_KEY_ID": self.keys[0],
            "AWS_SECRET_ACCESS_KEY": self.keys[1],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def pulumi_environment(self) -> dict[str, str]:
        """What the Pulumi CLI needs besides, to work on this stack and nothing else of the user's."""
        return {
            "PULUMI_BACKEND_URL": f"file://{self.layout.state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.layout.local / "passphrase"),
            "PULUMI_HOME": str(self.layout.local / "pulumi-home"),
            "PULUMI_STACK": self.name,
            "PULUMI_OPTION_CONFIG_FILE": str(self._config),
            "EMULATOR_WEBSOCKET_URL": self.layout.websocket_url,
            "WEBSOCKET_SESSIONS_CACHE": str(self.layout.local / "archives"),
            **lambda_environment(self.layout.emulator_python),
        }

    def prepare(self) -> None:
        """Write the config and the passphrase, and make the stack where it is not there yet."""
        self.layout.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.layout.stack.mkdir(parents=True, exist_ok=True)
        passphrase = self.layout.local / "passphrase"
        write_secret(passphrase, secrets.token_urlsafe(32), keep=True)
        shutil.copyfile(self.layout.root / "Pulumi.yaml", self.layout.stack / "Pulumi.yaml")
        salt = split_salt(self._config)[1] if self.exists() else ""
        committed = split_salt(self.layout.root / self._config.name)[0]
        committed = committed.replace(COMMITTED_ENDPOINT, f"localhost:{self.layout.emulator_port}")
        self._config.write_text(committed + salt, encoding="utf-8")
        prepared = Engine.prepare(
            self.aws_environment(), state=self.layout.state, bin_dir=self.layout.bin, report=say
        )
        own = {"PULUMI_CONFIG_PASSPHRASE": passphrase.read_text(encoding="utf-8")}
        self._engine = prepared.with_environment(self.pulumi_environment() | own)
        if not self.exists():
            # In a folder of its own: `stack init` writes the salt beside the Pulumi.yaml that it finds.
            self._engine.run(self.layout.stack, "stack", "init", self.name)

    @property
    def engine(self) -> Engine:
        """The engine, once `prepare` has made it."""
        if self._engine is None:
            self.prepare()
        return cast("Engine", self._engine)

    def up(self, *options: str) -> str:
        """Deploy; returns the engine's own summary of the resources, such as `97 unchanged`."""
        result = self.engine.up(
            self.name, self.layout.root, "--suppress-outputs", "--suppress-progress", *options, check=False
        )
        log = self.layout.logs / "pulumi-up.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(result.output, encoding="utf-8")
        if result.returncode != 0:
            raise CommandError(f"pulumi up failed.\n{diagnostics(result.output) or log_tail(log)}")
        return summary(result.output)

    def outputs(self) -> Outputs:
        """Return the stack's outputs, secrets included."""
        return self.engine.outputs(self.name, self.layout.root, show_secrets=True)

    def exists(self) -> bool:
        """Tell whether there is a state at all."""
        return self._checkpoint.exists()

    def was_interrupted(self) -> bool:
        """Tell whether an update was killed: it left a lock, or operations that nobody knows the end of.

        The lock of an update that still runs stays; the engine refuses to go on then, and says who holds it.
        """
        if drop_dead_locks(self.layout.state):
            return True
        if not self._checkpoint.exists():
            return False
        try:
            checkpoint: Any = json.loads(self._checkpoint.read_text(encoding="utf-8"))
            latest = checkpoint["checkpoint"].get("latest")
        except (ValueError, KeyError):
            return True
        return bool(latest and latest.get("pending_operations"))

    def forget(self) -> None:
        """Drop the state: what it described is gone."""
        shutil.rmtree(self.layout.state, ignore_errors=True)


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


def write_secret(path: Path, text: str, *, keep: bool = False) -> None:
    """Write a file that only its owner reads; with `keep`, a file that is there stays as it is."""
    if keep and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def project_name(root: Path) -> str:
    """Return the project's name, which a user may change in Pulumi.yaml; the engine's state is kept by it."""
    project = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))
    return str(project["name"])


def split_salt(config: Path) -> tuple[str, str]:
    """Return a stack's config without its encryption salt, and the salt's line."""
    text = config.read_text(encoding="utf-8") if config.exists() else ""
    lines = [f"{line}\n" for line in text.splitlines()]
    salt = [line for line in lines if line.startswith("encryptionsalt:")]
    return "".join(line for line in lines if line not in salt), "".join(salt)

"""Where a local stack keeps its files, and the ports that it listens on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pulumi_local_aws.errors import CommandError


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the local stack and the environment variable that moves it."""

    purpose: str
    variable: str
    default: int

    def number(self, environment: Mapping[str, str]) -> int:
        """Return the port to use. Raises CommandError if the variable is no port number."""
        text = environment.get(self.variable) or str(self.default)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
            raise CommandError(f"{self.variable}={text!r} is not a port: set it to a number from 1 to 65535.")
        return int(text)


EMULATOR_PORT = Port(purpose="the local AWS (MiniStack)", variable="EMULATOR_PORT", default=4566)
WEBSOCKET_PORT = Port(purpose="the WebSocket gateway", variable="WEBSOCKET_PORT", default=4510)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The files and ports of one local stack: `root` is the project's folder, `local` the stack's own."""

    root: Path
    local: Path
    emulator_port: int
    websocket_port: int

    @classmethod
    def of(cls, root: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the layout for a project; the environment moves the ports and the folder (LOCAL_FOLDER)."""
        return cls(
            root=root,
            local=Path(environment.get("LOCAL_FOLDER") or root / ".local").absolute(),
            emulator_port=EMULATOR_PORT.number(environment),
            websocket_port=WEBSOCKET_PORT.number(environment),
        )

    @property
    def logs(self) -> Path:
        """One file for each background process and each noisy step."""
        return self.local / "logs"

    @property
    def run(self) -> Path:
        """Records of the running processes, and the lock."""
        return self.local / "run"

    @property
    def lock(self) -> Path:
        """Held by the command that changes the stack."""
        return self.run / "lock"

    @property
    def state(self) -> Path:
        """Pulumi's file backend."""
        return self.local / "state"

    @property
    def stack(self) -> Path:
        """The stack's config as the CLI gets it: the committed file with this machine's salt."""
        return self.local / "stack"

    @property
    def bin(self) -> Path:
        """The Pulumi CLI and its language host."""
        return self.local / "bin"

    @property
    def outputs(self) -> Path:
        """The stack's outputs, secrets included."""
        return self.local / "outputs.json"

    @property
    def env(self) -> Path:
        """Lines for a shell, with which the AWS CLI, boto3 and Pulumi reach the local stack."""
        return self.local / "env"

    @property
    def code_changed(self) -> Path:
        """Exists if a function's code was changed without the engine: the next `up` refreshes."""
        return self.run / "live-code"

    @property
    def emulator_url(self) -> str:
        """The emulator's endpoint."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def websocket_url(self) -> str:
        """The gateway's address, without API and stage."""
        return f"ws://127.0.0.1:{self.websocket_port}"

    @property
    def inspector_url(self) -> str:
        """The gateway's page that shows its traffic."""
        return f"http://127.0.0.1:{self.websocket_port}/_gateway/inspector/"

    @property
    def emails_url(self) -> str:
        """The e-mails that the local AWS would have sent, such as the codes of Cognito, as JSON."""
        return f"http://127.0.0.1:{self.emulator_port}/_ministack/ses/messages"

    @property
    def made(self) -> tuple[Path, ...]:
        """What `up` makes and `down` removes."""
        names = ("bin", "pulumi-home", "ministack", "emulator-keys", "passphrase", ".gitignore")
        own = (self.logs, self.state, self.stack, self.outputs, self.env, self.run)
        return (*(self.local / name for name in names), *own)

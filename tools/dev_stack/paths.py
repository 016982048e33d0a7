"""Where the things that the machine makes are kept, and the ports that the local stack listens on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.dev_stack.console import CommandError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the local stack and the environment variable that moves it."""

    purpose: str
    variable: str
    default: int

    def number(self, environment: Mapping[str, str]) -> int:
        """Return the port to use; raises CommandError where the variable is no port number."""
        text = environment.get(self.variable) or str(self.default)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
            raise CommandError(f"{self.variable}={text!r} is not a port: set it to a number from 1 to 65535.")
        return int(text)


EMULATOR_PORT = Port(purpose="the local AWS (MiniStack)", variable="EMULATOR_PORT", default=4566)
WEBSOCKET_PORT = Port(purpose="the WebSocket gateway", variable="WEBSOCKET_PORT", default=4510)
WEB_PORT = Port(purpose="the pages", variable="WEB_PORT", default=5173)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The folders of one local stack.

    `root` is the source tree, `local` what one stack makes, `shared` what all stacks of this tree use (the
    emulator's virtual environment, the engine).
    """

    root: Path
    local: Path
    emulator_port: int
    websocket_port: int
    web_port: int
    shared: Path

    @classmethod
    def default(cls, environment: Mapping[str, str] = os.environ) -> "Layout":
        """Return the layout of this working tree; the environment moves the ports and the folder."""
        return cls(
            root=ROOT,
            local=Path(environment.get("LOCAL_FOLDER") or ROOT / ".local").absolute(),
            shared=ROOT / ".local",
            emulator_port=EMULATOR_PORT.number(environment),
            websocket_port=WEBSOCKET_PORT.number(environment),
            web_port=WEB_PORT.number(environment),
        )

    @property
    def venv_python(self) -> Path:
        """The developer's interpreter."""
        return ROOT / ".venv" / "bin" / "python"

    @property
    def emulator_python(self) -> Path:
        """The interpreter that runs the emulator and, inside it, the functions."""
        return self.shared / "emulator-venv" / "bin" / "python"

    @property
    def bin(self) -> Path:
        """The Pulumi CLI and its launchers."""
        return self.shared / "bin"

    @property
    def logs(self) -> Path:
        """One file for each background process and each noisy step."""
        return self.local / "logs"

    @property
    def run(self) -> Path:
        """Records of the running processes, and the lock."""
        return self.local / "run"

    @property
    def state(self) -> Path:
        """Pulumi's file backend."""
        return self.local / "state"

    @property
    def stack(self) -> Path:
        """The stack's config as the CLI gets it: the committed file with this machine's salt."""
        return self.local / "stack"

    @property
    def emulator_url(self) -> str:
        """The emulator's endpoint."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def websocket_url(self) -> str:
        """The gateway's address, without API and stage."""
        return f"ws://127.0.0.1:{self.websocket_port}"

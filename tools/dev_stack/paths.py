"""Where this project's own commands keep what they make, and the port of the pages."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pulumi_local_aws.stack.layout import EMULATOR_PORT, WEBSOCKET_PORT, Layout, Port

ROOT = Path(__file__).resolve().parents[2]
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
"""The developer's interpreter."""
WEB_PORT = Port(purpose="the pages", variable="WEB_PORT", default=5173)


@dataclass(frozen=True, kw_only=True)
class DevLayout(Layout):
    """A local stack of this project, with its pages; `shared` is for what all stacks of this tree use."""

    web_port: int
    shared: Path = ROOT / ".local"

    @classmethod
    def of(cls, root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the layout of this tree; the environment moves the ports and the folder."""
        return cls(
            root=root,
            local=Path(environment.get("LOCAL_FOLDER") or root / ".local").absolute(),
            emulator_port=EMULATOR_PORT.number(environment),
            websocket_port=WEBSOCKET_PORT.number(environment),
            web_port=WEB_PORT.number(environment),
        )

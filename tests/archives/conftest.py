"""Fixtures for the archive tests: a small tree of functions, and the machine's own target."""

import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from websocket_sessions.archives import Target, build

REPOSITORY = Path(__file__).resolve().parents[2]

REQUIREMENTS = REPOSITORY / "requirements" / "functions.txt"
HANDLERS = ("publish", "heartbeat")

_TREE = {
    "handlers/__init__.py": "",
    "handlers/publish.py": (
        "import boto3\nfrom sessions import ids\n\n\ndef handler(event, context):\n    return ids.new()\n"
    ),
    "handlers/heartbeat.py": (
        "import bootstrap\n\n\ndef handler(event, context):\n    return bootstrap.clock()()\n"
    ),
    "handlers/authorize.py": (
        "def handler(event, context):\n    from bootstrap import verifier\n\n    return verifier().__name__\n"
    ),
    "bootstrap.py": (
        "def clock():\n    import time\n\n    return time.time\n\n\n"
        "def verifier():\n    import cryptography\n\n    return cryptography\n"
    ),
    "handlers/lazy.py": (
        "from container import container\n\nreply = container.reply\n\n\n"
        "def handler(event, context):\n    return reply\n"
    ),
    "handlers/passing.py": (
        "from container import container\n\n\ndef handler(event, context):\n"
        "    return read(container)\n\n\ndef read(it):\n    return it.verifier\n"
    ),
    "container.py": (
        "from functools import cached_property\n\n\nclass Container:\n"
        "    @cached_property\n    def reply(self):\n        return self.ids()\n\n"
        "    @cached_property\n    def ids(self):\n"
        "        from sessions import ids\n\n        return ids.new\n\n"
        "    @cached_property\n    def verifier(self):\n"
        "        import cryptography\n\n        return cryptography\n\n\n"
        "container = Container()\n"
    ),
    "sessions/__init__.py": "",
    "sessions/ids.py": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import types_boto3_dynamodb\n\n\n"
        "def new():\n    return 'caring-king-275'\n"
    ),
    "sessions/unused.py": "",
}


class Builder(Protocol):
    """Builds archives of the small tree into a cache of the given name."""

    def __call__(self, cache: str = ..., handlers: Sequence[str] = ...) -> dict[str, Path]: ...


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    """A tree of three handlers, of which one imports a shared module and one a third-party package."""
    root = tmp_path / "functions"
    for name, text in _TREE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="session")
def own_target() -> Target:
    """What this interpreter could run."""
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    return Target(runtime=f"python3.{sys.version_info.minor}", architecture=architecture)


@pytest.fixture
def builder(functions: Path, own_target: Target, tmp_path: Path) -> Builder:
    """Build the tree's archives into a named cache, beside downloads that all tests share."""
    downloads = REPOSITORY / ".local" / "archives" / "wheels"
    downloads.mkdir(parents=True, exist_ok=True)

    def build_into(cache: str = "cache", handlers: Sequence[str] = HANDLERS) -> dict[str, Path]:
        (tmp_path / cache).mkdir(exist_ok=True)
        wheels = tmp_path / cache / "wheels"
        if not wheels.exists():
            wheels.symlink_to(downloads)
        return build(functions, handlers, own_target, tmp_path / cache, REQUIREMENTS)

    return build_into

"""All that is generated from the schema: each file with its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import python_validators, typescript
from protocol.source import ROOT, load

if TYPE_CHECKING:
    from pathlib import Path


def artefacts() -> dict[Path, str]:
    """Each generated file and what it must say."""
    protocol = load()
    return {
        ROOT / "functions" / "sessions" / "messages_generated.py": python_validators.write(protocol),
        ROOT / "web" / "src" / "protocol.generated.ts": typescript.write(protocol),
    }


def drifted() -> list[Path]:
    """The generated files that do not say what the schema says."""
    return [
        path for path, text in artefacts().items() if not path.exists() or path.read_text("utf-8") != text
    ]

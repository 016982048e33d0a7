"""All that is generated from the schema: each file with its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import asyncapi, openapi, python_validators, tables, typescript
from protocol.source import ROOT, load

if TYPE_CHECKING:
    from pathlib import Path


def artefacts() -> dict[Path, str]:
    """Each generated file and what it must say."""
    protocol = load()
    page = ROOT / "PROTOCOL.md"
    return {
        ROOT / "functions" / "wire" / "schema_generated.py": python_validators.write(protocol),
        ROOT / "web" / "client" / "src" / "protocol.generated.ts": typescript.write(protocol),
        ROOT / "docs" / "asyncapi.json": asyncapi.write(protocol),
        ROOT / "docs" / "openapi.json": openapi.write(protocol),
        page: tables.write(protocol, page.read_text(encoding="utf-8")),
    }


def drifted() -> list[Path]:
    """The generated files that do not say what the schema says."""
    return [
        path for path, text in artefacts().items() if not path.exists() or path.read_text("utf-8") != text
    ]

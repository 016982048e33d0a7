"""Lists the files that are generated from the schema and the fixtures, and finds the stale ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import asyncapi, openapi, python_validators, reference_page, typescript
from protocol.examples import load_examples
from protocol.schema import ROOT, load

if TYPE_CHECKING:
    from pathlib import Path


def generated_files() -> dict[Path, str]:
    """Return the path of each generated file with its content."""
    protocol = load()
    examples = load_examples(protocol)
    page = ROOT / "PROTOCOL.md"
    return {
        ROOT / "functions" / "wire" / "schema_generated.py": python_validators.render(protocol),
        ROOT / "web" / "client" / "src" / "protocol.generated.ts": typescript.render(protocol),
        ROOT / "docs" / "asyncapi.json": asyncapi.render(protocol, examples),
        ROOT / "docs" / "openapi.json": openapi.render(protocol, examples),
        page: reference_page.render(protocol, examples, page.read_text(encoding="utf-8")),
    }


def stale_files() -> list[Path]:
    """Return the generated files that are missing or differ from what the schema generates."""
    return [
        path
        for path, content in generated_files().items()
        if not path.exists() or path.read_text("utf-8") != content
    ]

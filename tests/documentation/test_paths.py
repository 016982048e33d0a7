"""The files that pages name exist."""

import re
from pathlib import Path

import pytest

from tools.dev_stack.paths import ROOT
from tools.documentation.pages import pages

NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*\.(?:py|ts|tsx|mjs|json|md|yaml|toml|txt|in|js|css))`")
ROOTS = (
    ".",
    "components/websocket_sessions",
    "emulator/pulumi_local_aws",
    "emulator/pulumi_local_aws/provider",
    "functions",
)
"""Folders below which pages name files, beside a page's own."""
GENERATED = re.compile(r"\.local/.*|config\.json|app/app\.py|app\.py")
"""Files of a local stack, of a deployed site, and of a program that a page shows."""
NEW_ACTION = re.compile(r"count_listeners|countListeners|listenerCount")
"""The action that the recipe in CONTRIBUTING.md adds."""
SKIPPED = {".git", ".local", ".venv", "node_modules"}
HISTORY = {"CHANGELOG.md", "web/client/CHANGELOG.md"}
"""Pages that name files of earlier versions."""


@pytest.fixture(scope="module")
def names() -> set[str]:
    """The names of all files of this repository."""
    rooms = [path for path in ROOT.iterdir() if path.name not in SKIPPED]
    files = [path for room in rooms for path in (room.rglob("*") if room.is_dir() else [room])]
    return {path.name for path in files if not SKIPPED & set(path.relative_to(ROOT).parts)}


@pytest.mark.parametrize("page", sorted({str(page.relative_to(ROOT)) for page in pages()} - HISTORY))
def test_every_file_that_a_page_names_exists(page: str, names: set[str]) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [name for name in NAMED.findall(text) if not GENERATED.fullmatch(name)]
    missing = [
        name
        for name in found
        if not NEW_ACTION.search(name)
        and not (name in names if "/" not in name else _exists(ROOT / page, name))
    ]
    assert missing == []


def _exists(page: Path, name: str) -> bool:
    return any((folder / name).exists() for folder in (page.parent, *(ROOT / root for root in ROOTS)))

"""What the pages say of the stack's config is what the program takes."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from websocket_sessions.arguments import camel_case
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.config.stack_config import LOAD, RAISED_QUOTAS, SITE

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    LOAD,
    RAISED_QUOTAS,
    SITE,
    *(camel_case(item.name) for kind in (SessionSettings, BackendOptions) for item in fields(kind)),
}


def test_the_readme_lists_every_key_of_the_config_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Configuration")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall(r"`(\w+)`", row)} == KEYS


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/hook.md", "docs/keep-alive.md", "docs/localstack.md", "docs/operations.md"],
)
def test_a_page_sets_only_keys_that_there_are(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"websocket-sessions:(\w+)", text)) <= KEYS

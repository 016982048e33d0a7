"""The pages name settings that the program accepts."""

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


def test_the_reference_lists_every_key_of_the_config_and_no_other() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    listed = [
        key
        for title in ("SessionSettings", "BackendOptions", "Keys of the program")
        for key in re.findall(r"^\| `(\w+)` ", sections[title].partition("\n### ")[0], re.MULTILINE)
    ]
    assert sorted(listed) == sorted(KEYS)


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
)
def test_a_page_sets_only_keys_of_the_config(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"websocket-sessions:(\w+)", text)) <= KEYS

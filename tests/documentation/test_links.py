"""Links between pages lead to files, and the site shows every page."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tools.commands.docs import copy_pages
from tools.dev_stack.paths import ROOT
from tools.documentation.pages import links, pages

UNLISTED = {"web/client/CHANGELOG.md"}
"""Pages that another page links to and the navigation omits."""


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in pages()])
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    broken = [link.target for link in links(ROOT / page) if not link.file.is_file()]
    assert broken == []


def test_the_navigation_lists_every_page() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = set(_targets(navigation))
    decisions = {f"docs/adr/{path.name}" for path in (ROOT / "docs" / "adr").glob("0*.md")}
    assert listed | decisions | UNLISTED == {str(page.relative_to(ROOT)) for page in pages()}


def test_the_index_of_decisions_links_to_every_decision() -> None:
    folder = ROOT / "docs" / "adr"
    linked = {link.file.name for link in links(folder / "README.md")}
    assert linked == {path.name for path in folder.glob("0*.md")}


def test_a_link_in_code_is_none(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`[a](b)` [c](d.md#e)\n```\n[f](g)\n```\n[h](https://example.org)\n", encoding="utf-8")
    assert [link.target for link in links(page)] == ["d.md"]


def test_the_site_gets_the_files_that_pages_link_to(tmp_path: Path) -> None:
    copy_pages(tmp_path)
    assert (tmp_path / "docs" / "asyncapi.json").is_file()
    assert (tmp_path / "docs" / "images" / "speaker.png").is_file()


def _targets(entry: object) -> Iterator[str]:
    """Give the pages of a navigation, whose entries are texts, lists and mappings from titles."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, list):
        for item in cast(list[Any], entry):
            yield from _targets(item)
    else:
        for item in cast(dict[str, Any], entry).values():
            yield from _targets(item)

"""The Markdown pages of this repository, and the links in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.dev_stack.paths import ROOT

PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "emulator/*.md",
    "emulator/pulumi_local_aws/**/*.md",
    "examples/**/*.md",
    "tests/fixtures/**/*.md",
    "web/*.md",
    "web/*/*.md",
)
_LINK = re.compile(r"(?<!\\)!?\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_URL = re.compile(r"[a-z]+:")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link from a page to another file of the repository."""

    page: Path
    target: str
    """The target as written, without its anchor."""

    @property
    def file(self) -> Path:
        """The file or folder that the link names."""
        return (self.page.parent / self.target).resolve()


def pages(root: Path = ROOT) -> list[Path]:
    """Return all pages, without those of installed packages."""
    found = {path for pattern in PATTERNS for path in root.glob(pattern)}
    return sorted(path for path in found if "node_modules" not in path.parts)


def links(page: Path) -> Iterator[Link]:
    """Give the page's links to other files; links in code are none."""
    for found in _LINK.finditer(_CODE.sub("", page.read_text(encoding="utf-8"))):
        target = found[1].partition("#")[0]
        if target and not _URL.match(target):
            yield Link(page=page, target=target)

"""Reads the shell commands of a Markdown page."""

import re
from collections.abc import Iterator
from pathlib import Path

SHELLS = ("sh", "console")
"""The languages of blocks with commands; in a `console` block, they begin with `$ `."""
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Give the language and the text of each fenced block."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield found[2], re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE)


def commands(page: Path) -> list[str]:
    """Return the commands of a page's shell blocks in order, without comments."""
    return [
        command for language, text in blocks(page) if language in SHELLS for command in split(language, text)
    ]


def split(language: str, text: str) -> Iterator[str]:
    """Give the commands of a block."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        command = re.sub(r"(^|\s)#\s.*$", "", line).rstrip()
        if language == "console":
            if command.startswith("$ "):
                yield command.removeprefix("$ ")
        elif command:
            yield command

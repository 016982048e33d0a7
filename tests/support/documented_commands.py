"""Reads the shell commands of a Markdown page."""

import re
from collections.abc import Iterator
from pathlib import Path

SHELLS = ("sh", "console")
"""The languages of blocks with commands; in a `console` block, they begin with `$ `."""
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./]+)`[^`\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Give the language and the text of each fenced block."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield found[1], found[2]


def commands(page: Path) -> list[str]:
    """Return the commands of a page's shell blocks in order, without comments."""
    return [
        command for language, text in blocks(page) if language in SHELLS for command in _split(language, text)
    ]


def files(page: Path) -> dict[str, str]:
    """Return the files that a page shows, by name: blocks below a line such as "`Pulumi.yaml`:"."""
    return {found[1]: found[2] for found in _FILE.finditer(page.read_text(encoding="utf-8"))}


def _split(language: str, text: str) -> Iterator[str]:
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        command = re.sub(r"(^|\s)#\s.*$", "", line).rstrip()
        if language == "console":
            if command.startswith("$ "):
                yield command.removeprefix("$ ")
        elif command:
            yield command

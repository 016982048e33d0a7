"""Markdown that the pages of the reference share."""

import html
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; `|` in a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def code(text: str) -> str:
    """Return a text as inline code.

    `|` ends a cell of a table, and Markdown's implementations differ on how to escape it within backticks.
    """
    return f"<code>{html.escape(text)}</code>".replace("|", "&#124;") if "|" in text else f"`{text}`"


def value(default: str) -> str:
    """Return a default as a cell of a table."""
    return default if default == "required" else code(default)


def paragraph(text: str) -> str:
    """Return a docstring's text in one line for each of its paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

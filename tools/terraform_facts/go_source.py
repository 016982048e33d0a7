"""Read the map and struct literals of Go sources, as far as Terraform's schemas need it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_OPEN, _CLOSE = "([{", ")]}"
_TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"|`[^`]*`|//[^\n]*|/\*.*?\*/|\'(?:\\.|[^\'\\])\'|[()\[\]{},:]', re.DOTALL
)


@dataclass(frozen=True)
class Package:
    """The functions and variables of one Go package, by name: a folder of sources."""

    folder: Path

    @cached_property
    def text(self) -> str:
        """The package's sources without its tests."""
        files = sorted(path for path in self.folder.iterdir() if path.suffix.startswith(".go"))
        return "\n".join(path.read_text() for path in files if not path.stem.endswith("_test"))

    def declared(self, name: str) -> str:
        """Return the function, method or variable of this name. Raises KeyError if there is none."""
        start = rf"^(?:func |var |const |(\t)){re.escape(name)}(?=\(|\s)"
        found = re.search(start, self.text, re.MULTILINE)
        if found is None:
            raise KeyError(f"{self.folder.name} declares no {name}")
        rest = self.text[found.end() :]
        if "{" not in rest.partition("\n")[0]:
            return rest.partition("\n")[0]
        end = re.search(rf"^{found[1] or ''}\}}", rest, re.MULTILINE)
        return rest[: end.end()] if end else rest


def braces(text: str, opening: str) -> str | None:
    """Return the text in the braces that follow the first `opening`, or None."""
    start = text.find(opening)
    if start < 0:
        return None
    depth, begin = 0, text.index("{", start + len(opening) - 1)
    for token in _TOKEN.finditer(text, begin):
        depth += (token.group() in _OPEN) - (token.group() in _CLOSE)
        if depth == 0:
            return text[begin + 1 : token.start()]
    raise ValueError(f"no end of {opening}")


def entries(literal: str) -> Iterator[tuple[str, str]]:
    """Yield each `key: value` of a literal."""
    depth, start, colon = 0, 0, -1
    for token in [*_TOKEN.finditer(literal), None]:
        mark = token.group() if token else ","
        at = token.start() if token else len(literal)
        depth += (mark in _OPEN) - (mark in _CLOSE)
        if depth == 0 and mark == ":" and colon < 0:
            colon = at
        if depth == 0 and mark == ",":
            if colon >= 0:
                yield _bare(literal[start:colon]), literal[colon + 1 : at].strip()
            start, colon = at + 1, -1


def _bare(key: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", key, flags=re.DOTALL).strip()

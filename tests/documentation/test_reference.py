"""The pages of docs/reference/ are complete and up to date."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import websocket_sessions
from tools.reference.environment import GROUPS
from tools.reference.generated_pages import generated_pages, stale_pages
from tools.reference.source import documented_fields, public_methods, written_annotations
from websocket_sessions.package import COMPONENTS

ROOT = Path(__file__).resolve().parents[2]
READS = re.compile(r"environ(?:ment)?(?:\.get\(|\[)\s*\"([A-Z][A-Z_0-9]+)\"|variable=\"([A-Z][A-Z_0-9]+)\"")
STANDARD = re.compile(r"AWS_\w+|PULUMI_\w+|PATH|HOME|VIRTUAL_ENV|XDG_\w+|PYENV_ROOT")
"""Variables of AWS, Pulumi, Python and the system."""


def test_no_page_is_stale() -> None:
    assert stale_pages() == [], "run python -m tools.reference"


def test_every_public_class_is_described() -> None:
    pages = generated_pages()
    classes = [
        name
        for name in websocket_sessions.__all__
        if inspect.isclass(value := getattr(websocket_sessions, name)) and not issubclass(value, Exception)
    ]
    headings = {line.lstrip("# ") for text in pages.values() for line in text.splitlines() if line[:1] == "#"}
    arguments = {kind.__name__ for kind in COMPONENTS.values()}
    assert [name for name in classes if name not in headings | arguments] == []


def test_every_argument_and_output_of_a_component_is_listed() -> None:
    pages = {text.partition("\n")[0].lstrip("# "): text for text in generated_pages().values()}
    for component, kind in COMPONENTS.items():
        listed = re.findall(r"^\| `(\w+)` ", pages[component.__name__], re.MULTILINE)
        assert sorted(listed) == sorted([*written_annotations(kind), *written_annotations(component)])


def test_every_variable_that_the_sources_read_is_documented() -> None:
    documented = {variable.name for group in GROUPS.values() for variable in group}
    read = {name for room in ("components", "emulator", "tools") for name in _variables(ROOT / room)}
    assert {name for name in read if not STANDARD.fullmatch(name)} <= documented


@pytest.mark.parametrize("name", [variable.name for group in GROUPS.values() for variable in group])
def test_a_documented_variable_is_in_the_sources(name: str) -> None:
    page = ROOT / "tools" / "reference" / "environment.py"
    sources = [path for path in _sources(ROOT) if path != page]
    assert any(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for path in sources)


class Undocumented:
    """A class with a member that has no text."""

    value: int = 0

    def method(self) -> None: ...


def test_a_member_without_a_text_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Undocumented\.value has no text"):
        list(documented_fields(Undocumented))
    with pytest.raises(ValueError, match=r"Undocumented\.method has no docstring"):
        list(public_methods(Undocumented))


def _variables(room: Path) -> Iterator[str]:
    for path in room.rglob("*.py"):
        for found in READS.finditer(path.read_text(encoding="utf-8")):
            yield found[1] or found[2]


def _sources(root: Path) -> Iterator[Path]:
    for room in ("components", "emulator", "tests", "tools"):
        yield from (root / room).rglob("*.py")
    for room in ("web/client", "web/pages", "web"):
        folder = root / room
        yield from (path for path in folder.glob("*.ts"))
        yield from (
            path
            for suffix in ("ts", "mjs")
            for path in folder.rglob(f"*.{suffix}")
            if "node_modules" not in path.parts
        )

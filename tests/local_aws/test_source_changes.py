"""Which changes of a project count as changes of its sources."""

import threading
from collections.abc import Generator
from pathlib import Path
from queue import Queue

import pytest

from pulumi_local_aws.stack.source_changes import source_changes


@pytest.fixture
def changes(tmp_path: Path) -> Generator[Queue[set[Path]]]:
    """The changes in the folder, as they are reported once the watch has begun."""
    found, stop = Queue[set[Path]](), threading.Event()

    def read() -> None:
        for change in source_changes(tmp_path, tmp_path / ".local", stop):
            found.put(change)

    reader = threading.Thread(target=read)
    reader.start()
    assert found.get(timeout=30) == set()
    yield found
    stop.set()
    reader.join()


def test_an_edit_a_new_and_a_removed_source_are_reported(tmp_path: Path, changes: Queue[set[Path]]) -> None:
    source = tmp_path / "app.py"
    source.write_text("x = 1")
    assert source in changes.get(timeout=30)
    source.unlink()
    assert source in changes.get(timeout=30)


def test_own_files_packages_and_caches_are_no_sources(tmp_path: Path, changes: Queue[set[Path]]) -> None:
    for name in (".local", ".venv", "venv", "node_modules", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "made.py").write_text("")
    (tmp_path / "app.py").write_text("")
    seen = changes.get(timeout=30)
    while tmp_path / "app.py" not in seen:
        seen |= changes.get(timeout=30)
    assert {path.name for path in seen} & {"made.py"} == set()

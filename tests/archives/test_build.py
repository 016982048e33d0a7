"""Building archives: the same bytes for the same sources, and only what each handler needs."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.archives.conftest import HANDLERS, REPOSITORY, REQUIREMENTS, Builder
from websocket_sessions.archives import ArchiveError, Target, source_files


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def contents(archives: Mapping[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in archives.items()}


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_two_builds_from_nothing_give_the_same_bytes(builder: Builder) -> None:
    assert contents(builder("one")) == contents(builder("two"))


def test_a_changed_handler_changes_its_own_archive_only(builder: Builder, functions: Path) -> None:
    before = contents(builder())
    (functions / "handlers" / "heartbeat.py").write_text("def handler(event, context):\n    return 1\n")
    assert changed(before, contents(builder())) == {"heartbeat"}


def test_a_changed_shared_module_changes_the_archives_that_use_it(builder: Builder, functions: Path) -> None:
    before = contents(builder())
    (functions / "sessions" / "ids.py").write_text("def new():\n    return 'brave-fox-301'\n")
    assert changed(before, contents(builder())) == {"publish"}


def test_a_rebuild_without_a_change_writes_nothing(builder: Builder) -> None:
    before = {name: path.stat().st_mtime_ns for name, path in builder().items()}
    assert {name: path.stat().st_mtime_ns for name, path in builder().items()} == before


def test_an_archive_that_was_deleted_is_made_again(builder: Builder) -> None:
    made = builder()
    before = contents(made)
    made["publish"].unlink()
    assert contents(builder()) == before


def test_an_archive_holds_what_its_handler_reaches_and_nothing_else(builder: Builder) -> None:
    assert {name for name in names(builder()["publish"]) if name.endswith(".py")} == {
        "handlers/__init__.py",
        "handlers/publish.py",
        "sessions/__init__.py",
        "sessions/ids.py",
    }


def test_only_the_handler_that_imports_a_package_carries_it(builder: Builder) -> None:
    """The package is imported inside a function of a shared module, which only one handler calls.

    `cryptography` is compiled, so it comes whole with what it requires.
    """
    found = {name: names(path) for name, path in builder(handlers=["authorize", "heartbeat"]).items()}
    tops = {name: {entry.partition("/")[0].partition(".")[0] for entry in found[name]} for name in found}
    assert {"cryptography", "_cffi_backend"} <= tops["authorize"]
    assert tops["heartbeat"] == {"handlers", "bootstrap", "__pycache__"}
    assert not any("dist-info" in entry or entry.endswith(".pyi") for entry in found["authorize"])


def test_a_cached_property_counts_only_where_it_is_read(builder: Builder) -> None:
    """Its name alone does not read it: `cryptography` would come with any module that says `verifier`."""
    held = names(builder(handlers=["lazy"])["lazy"])
    assert {name for name in held if name.endswith(".py")} == {
        "container.py",
        "handlers/__init__.py",
        "handlers/lazy.py",
        "sessions/__init__.py",
        "sessions/ids.py",
    }


def test_an_object_that_is_passed_on_may_be_read_anywhere(builder: Builder) -> None:
    held = names(builder(handlers=["passing"])["passing"])
    assert any(name.startswith("cryptography/") for name in held)
    assert "sessions/ids.py" not in held


def test_bytecode_comes_with_each_source(builder: Builder, own_target: Target) -> None:
    assert names(builder()["heartbeat"]) == {
        "bootstrap.py",
        f"__pycache__/bootstrap.{own_target.bytecode_tag}.pyc",
        "handlers/__init__.py",
        f"handlers/__pycache__/__init__.{own_target.bytecode_tag}.pyc",
        "handlers/heartbeat.py",
        f"handlers/__pycache__/heartbeat.{own_target.bytecode_tag}.pyc",
    }


def test_an_import_that_nothing_provides_is_named(builder: Builder, functions: Path) -> None:
    (functions / "handlers" / "heartbeat.py").write_text("import numpy\n")
    with pytest.raises(ArchiveError, match=r"handlers\.heartbeat imports numpy"):
        builder()


def test_a_handler_that_is_not_there_is_named(builder: Builder) -> None:
    with pytest.raises(ArchiveError, match="no handler 'pubish'"):
        builder(handlers=[*HANDLERS, "pubish"])


def test_a_handlers_source_files_are_known_without_building(functions: Path, own_target: Target) -> None:
    listed = source_files(
        functions, ["heartbeat"], own_target, REPOSITORY / ".local" / "archives", REQUIREMENTS
    )
    assert listed == {
        "heartbeat": {
            functions / name for name in ("bootstrap.py", "handlers/__init__.py", "handlers/heartbeat.py")
        }
    }

"""The functions' sources are found in a wheel, in an editable install and in a checkout that is named."""

from pathlib import Path

import pytest

from tests.archives.conftest import REPOSITORY
from websocket_sessions.archives import ArchiveError, FunctionSources


@pytest.fixture(autouse=True)
def no_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBSOCKET_SESSIONS_CHECKOUT", raising=False)


def make_sources(folder: Path, requirements: Path) -> None:
    (folder / "handlers").mkdir(parents=True)
    (folder / "handlers" / "greet.py").write_text("def handler(event, context):\n    return event\n")
    (folder / "handlers" / "helper.py").write_text("def helper():\n    return 1\n")
    requirements.parent.mkdir(parents=True, exist_ok=True)
    requirements.write_text("")


def test_a_wheel_has_them_as_package_data(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "websocket_sessions"
    make_sources(package / "_functions", package / "_functions" / "requirements.txt")
    assert FunctionSources.find(package).folder == package / "_functions"


def test_an_editable_install_has_them_in_its_repository() -> None:
    found = FunctionSources.find()
    assert found.folder == REPOSITORY / "functions"
    assert found.requirements == REPOSITORY / "requirements" / "functions.txt"


def test_a_checkout_that_the_environment_names_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sources(tmp_path / "functions", tmp_path / "requirements" / "functions.txt")
    monkeypatch.setenv("WEBSOCKET_SESSIONS_CHECKOUT", str(tmp_path))
    assert FunctionSources.find().handlers() == ["greet"]


def test_missing_sources_are_an_error_that_names_the_folders(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"sources are missing in .*_functions or .*functions: install"):
        FunctionSources.find(tmp_path / "components" / "websocket_sessions")

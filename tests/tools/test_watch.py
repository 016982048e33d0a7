"""What `make watch` shows and refuses."""

import json
import sys
import zipfile
from pathlib import Path

import pytest

from pulumi_local_aws.stack.log_stream import readable
from tools.commands.watch import describe
from tools.dev_stack.archive_importer import Importer
from tools.dev_stack.hot_reload import Change

LINE = {
    "level": "INFO",
    "message": "session created",
    "correlation_id": "3f2a90c1d2e4",
    "service": "create_session",
    "timestamp": "2026-01-01 00:00:00,000+0000",
    "session": "caring-king-275",
}


def archive(path: Path, source: str) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("handlers/__init__.py", "")
        content.writestr("handlers/create_session.py", source)
    return path


def test_a_log_line_shows_function_correlation_id_and_fields() -> None:
    shown = readable("create_session", 0, json.dumps(LINE))
    assert shown.split()[1:] == [
        "create_session",
        "3f2a90c1d2e4",
        "INFO",
        "session",
        "created",
        "session=caring-king-275",
    ]


@pytest.mark.parametrize(
    "message", ["START RequestId: 1", "END RequestId: 1", "REPORT x", "", json.dumps({"_aws": {}})]
)
def test_lines_of_the_platform_and_metrics_are_not_shown(message: str) -> None:
    assert readable("publish", 0, message) == ""


def test_text_that_is_no_json_object_is_shown_as_it_is() -> None:
    assert readable("publish", 0, "[1]").endswith(" [1]")
    assert readable("publish", 0, "Traceback: x").endswith("Traceback: x")


def test_an_archive_that_does_not_import_is_reported_and_the_next_is_tried_afresh(tmp_path: Path) -> None:
    broken = archive(tmp_path / "broken.zip", "import no_such_module\n")
    good = archive(tmp_path / "good.zip", "import os\nassert os.environ['TABLE'] == 'sessions'\n")
    with Importer(Path(sys.executable)) as importer:
        error = importer.error(broken, "handlers.create_session", {})
        assert error is not None
        assert "No module named 'no_such_module'" in error
        assert 'File "handlers/create_session.py", line 1' in error
        assert importer.error(good, "handlers.create_session", {"TABLE": "sessions"}) is None
        assert "AssertionError" in (importer.error(good, "handlers.create_session", {"TABLE": "x"}) or "")


def test_a_refused_edit_says_that_the_old_code_stays() -> None:
    shown = describe(Change(handler="publish", error="SyntaxError: invalid syntax"), 0.3)
    assert "old code stays" in shown
    assert "SyntaxError" in shown
    assert "live" in describe(Change(handler="publish", error=None), 0.3)

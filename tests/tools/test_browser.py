"""The browsers of the browser tests: which of them `make test` has to install."""

from pathlib import Path

import pytest

from tools.dev_stack import browser


def test_a_browser_is_missing_until_all_of_its_commands_are_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Firefox without an audio server counts as missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    _install(tmp_path, "firefox-esr", "WebKitWebDriver", "Xvfb")
    assert [found.label for found in browser.missing()] == ["Chromium", "Firefox"]
    _install(tmp_path, "chromium", "pulseaudio")
    assert browser.missing() == []


def test_a_named_chromium_is_not_installed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CHROMIUM names a browser outside PATH."""
    monkeypatch.setenv("PATH", "")
    _install(tmp_path, "my-chromium")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "my-chromium"))
    assert "Chromium" not in [found.label for found in browser.missing()]


def _install(folder: Path, *commands: str) -> None:
    for command in commands:
        (folder / command).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / command).chmod(0o755)

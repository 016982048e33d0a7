"""The program declares, and the functions read, the same settings with the same defaults."""

import json
from dataclasses import fields

from domain.settings import Limits, Settings
from websocket_sessions.config.settings import SessionSettings


def test_the_functions_read_every_setting_that_the_program_writes() -> None:
    """from_json refuses keys that it does not know, so every written key is a known one."""
    assert Settings.from_json(SessionSettings().to_json()) == Settings()


def test_the_program_writes_every_setting_that_the_functions_read() -> None:
    written = json.loads(SessionSettings().to_json())
    assert len(written) == len(fields(Settings))
    assert len(written["limits"]) == len(fields(Limits))

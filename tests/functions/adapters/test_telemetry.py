"""Log lines and metrics of requests: no secret, few dimensions."""

import json
import re
from typing import Any

import pytest

from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import new_id

pytestmark = pytest.mark.emulator


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_line_carries_the_correlation_id_and_nothing_that_identifies(
    stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    user = "the-private-name-of-a-user"
    speaker, session_id = stack.speaking(user)
    listener = stack.listening(session_id)
    stack.send(speaker, "updateSession", status="paused", requestId="request-of-mine")
    stack.send(listener, "updateSession", status="paused")
    stack.send(stack.connect(user), "resumeSession", sessionId=session_id)
    stack.send_text(speaker, "unknown_action", "{")
    stack.http("PATCH", session_id, subject=user, body={"quality": "premium"})
    stack.http("DELETE", session_id, subject="other")
    stack.disconnect(listener)
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) > 20
    for line in lines:
        assert "_aws" in line or line["correlation_id"], line
    for secret in (user, speaker, listener, session_id, "203.0.113.1", "request-of-mine", "eyJ"):
        hits = [line for line in out.splitlines() if secret in strip_correlation(line)]
        assert not hits


def strip_correlation(line: str) -> str:
    """The recorded events' correlation ids name the connection, for the test's own sake."""
    return re.sub(r'"correlation_id":"[^"]*"', "", line)


def test_metrics_have_few_dimensions(stack: HandlerDriver, capsys: pytest.CaptureFixture[str]) -> None:
    stack.speaking(new_id("u"))
    documents = [line for line in log_lines(capsys) if "_aws" in line]
    assert documents
    for document in documents:
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["route", "service"]]
        assert all(document[dimension] for dimension in ("route", "service"))
        assert all(len(document[metric["Name"]]) == 1 for metric in directive["Metrics"])
        assert {metric["Unit"] for metric in directive["Metrics"]} == {"Count"}
    assert {name for one in documents for name in one} >= {"SessionsCreated", "ConnectionsOpened", "Answered"}

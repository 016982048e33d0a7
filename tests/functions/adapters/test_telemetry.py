"""Log lines and metrics of requests: no secret, few dimensions."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, cast

import pytest
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from adapters.aws.errors import ServiceError
from adapters.telemetry import EmfMetrics, JsonLogger
from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import new_id

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.emulator
def test_every_line_carries_the_correlation_id_and_nothing_that_identifies(
    stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
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


@pytest.mark.emulator
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


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a function that X-Ray traces."""
    for name, value in {
        "SERVICE_NAME": "stack-publish",
        "METRICS_NAMESPACE": "sessions",
        "LOG_LEVEL": "INFO",
        "_X_AMZN_TRACE_ID": TRACE,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("level", ["info", "warning"])
def test_a_line_is_that_of_powertools(
    level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service, expected = f"stack-{level}", StringIO()  # loggers of one service share a stream
    monkeypatch.setenv("SERVICE_NAME", service)
    theirs = cast(
        Any, Logger(service=service, stream=expected, log_uncaught_exceptions=False, use_rfc3339=True)
    )
    theirs.structure_logs(append=False, correlation_id="id", route="publish", user="digest")
    ours = JsonLogger()
    ours.begin("id", route="publish", user="digest")
    fields: dict[str, Any] = {"limit": "joins", "left": 3, "missing": None, "text": 'ü, "q"', "set": ("a",)}
    for logger in (theirs, ours):
        getattr(logger, level)("rate limit not applied", **fields)
    (line,) = capsys.readouterr().out.splitlines()
    assert without_time(line) == without_time(expected.getvalue().rstrip("\n"))
    written = datetime.fromisoformat(json.loads(line)["timestamp"])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)


def without_time(line: str) -> str:
    """Return a line without the time and the line number of the call."""
    line = re.sub(r'"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"', '"timestamp":""', line)
    return re.sub(r'"location":"(\w+):\d+"', r'"location":"\1:"', line)


@pytest.mark.usefixtures("service")
def test_the_keys_of_a_request_end_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    logger = JsonLogger()
    logger.info("started")
    logger.begin("id", route="publish", user="digest")
    logger.info("answered")
    logger.begin("another", route="getSession")
    logger.info("answered")
    started, _, another = log_lines(capsys)
    assert not {"correlation_id", "route", "user"} & set(started)
    assert (another["correlation_id"], another["route"]) == ("another", "getSession")
    assert "user" not in another


@pytest.mark.usefixtures("service")
def test_a_failure_has_classes_codes_and_places_but_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise RuntimeError("a secret") from ServiceError("ThrottlingException", {"message": "a secret"})

    logger = JsonLogger()
    logger.begin("id")
    try:
        fail()
    except RuntimeError as error:
        logger.failed(error)
    (line,) = log_lines(capsys)
    assert (line["level"], line["message"]) == ("ERROR", "failed")
    assert line["kinds"] == ["RuntimeError", "ServiceError(ThrottlingException)"]
    outer, inner = line["where"]
    own_name = "test_a_failure_has_classes_codes_and_places_but_no_text"
    assert re.fullmatch(rf"test_telemetry.py:\d+ {own_name}", outer)
    assert re.fullmatch(r"test_telemetry.py:\d+ fail", inner)
    assert "a secret" not in json.dumps(line)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("DEBUG", ["INFO", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_the_level_selects_lines(
    level: str, written: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    logger = JsonLogger()
    logger.info("answered")
    logger.warning("rate limit not applied")
    logger.failed(ValueError())
    assert [line["level"] for line in log_lines(capsys)] == written


@pytest.mark.usefixtures("service")
def test_the_counts_of_a_request_are_one_document_as_powertools_writes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    theirs = cast(Any, AmazonCloudWatchEMFProvider(namespace="sessions", service="stack-publish"))
    theirs.add_dimension("route", "publish")
    theirs.add_metric("Answered", MetricUnit.Count, 1)
    theirs.add_metric("Published", MetricUnit.Count, 3)
    metrics = EmfMetrics()
    metrics.begin("publish")
    metrics.count("Answered")
    metrics.count("Published", 2)
    metrics.count("Published")
    metrics.flush()
    metrics.flush()
    (document,) = log_lines(capsys)
    expected = theirs.serialize_metric_set()
    assert abs(document["_aws"].pop("Timestamp") - expected["_aws"].pop("Timestamp")) < 60_000
    assert document == expected

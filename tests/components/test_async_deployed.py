"""A function's asynchronous invocations on the local AWS, deployed by the real engine and the provider."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import RETRY_WAITS, MiniStack
from pulumi_local_aws.processes import free_port

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
STACK = "test"
MAX_AGE_SECONDS = 60
PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT / "components")!r})

import pulumi

from websocket_sessions import LambdaHandler
from websocket_sessions.async_invocations import AsyncInvocations

function = LambdaHandler("failing", handler="app/app.handler")
invocations = AsyncInvocations("invocations", function=function, max_age={MAX_AGE_SECONDS})
pulumi.export("function", function.function_name)
pulumi.export("failed", invocations.failed_queue_name)
"""
CODE = """
def handler(event, context):
    print("attempt")
    raise ValueError("broken")
"""


def deploy(engine: Engine, folder: Path) -> dict[str, Any]:
    """Deploy a function that fails; return its name and its queue of failed events."""
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "app.py").write_text(CODE)
    (folder / "Pulumi.yaml").write_text("name: failing\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, folder)
    engine.up(STACK, folder)
    return engine.outputs(STACK, folder)


def failed_event(emulator: MiniStack, outputs: dict[str, Any]) -> dict[str, Any]:
    """Invoke the function asynchronously; return what arrives in the queue."""
    aws = emulator.environment
    queues = client("sqs", aws)
    url = queues.get_queue_url(QueueName=outputs["failed"])["QueueUrl"]
    client("lambda", aws).invoke(
        FunctionName=outputs["function"], InvocationType="Event", Payload=b'{"depth": 1}'
    )
    (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    return json.loads(message["Body"])


def attempts(emulator: MiniStack, function: str) -> int:
    """Return how often the function ran. MiniStack writes the lines before it sends the failed event."""
    aws = emulator.environment
    configuration = client("lambda", aws).get_function_configuration(FunctionName=function)
    group = configuration["LoggingConfig"]["LogGroup"]
    events = client("logs", aws).filter_log_events(logGroupName=group)["events"]
    return sum(event["message"].strip() == "attempt" for event in events)


@pytest.fixture
def deployed(engine: Engine, tmp_path: Path) -> Iterator[dict[str, Any]]:
    yield deploy(engine, tmp_path / "failing")
    engine.destroy(STACK, tmp_path / "failing")


def test_an_event_that_fails_is_retried_twice_and_kept(emulator: MiniStack, deployed: dict[str, Any]) -> None:
    record = failed_event(emulator, deployed)
    assert record["requestPayload"] == {"depth": 1}
    assert "broken" in record["responsePayload"]["errorMessage"]
    assert attempts(emulator, deployed["function"]) == 3


def test_an_event_that_becomes_too_old_is_kept_without_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    """With AWS's waits the first retry would come after the event's maximum age."""
    for variable in RETRY_WAITS:
        monkeypatch.setenv(variable, str(MAX_AGE_SECONDS + 1))
    keys = ("AKIATESTTESTTESTTEST", "a-secret-for-tests")
    with MiniStack.start(tmp_path / "ministack", free_port(), *keys, tmp_path / "log") as own:
        alone = Engine.prepare(own.environment, state=tmp_path / "state")
        outputs = deploy(alone, tmp_path / "failing")
        assert failed_event(own, outputs)["requestPayload"] == {"depth": 1}
        assert attempts(own, outputs["function"]) == 1

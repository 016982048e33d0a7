"""The function of the listeners table's stream: which sessions it handles, and which records it reports."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fake_management_api import Answer
from tests.support.handler_driver import Handler
from tests.support.lambda_context import LambdaContext
from tests.support.publish_driver import PublishDriver

pytestmark = pytest.mark.emulator


def slot_record(session_id: str, sequence: int, image: str = "NewImage") -> dict[str, Any]:
    slot = {"listenerShard": {"S": f"{session_id}#slots0"}, "sessionId": {"S": session_id}}
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(sequence), image: slot}}


def test_a_stream_batch_notifies_each_session_once(
    publish_driver: PublishDriver, load: Callable[[str], Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that are none are counted and passed over."""
    presence = load("presence")
    publish_driver.now = int(time.time())
    speakers = [publish_driver.speaking() for _ in range(2)]
    records = [slot_record(session_id, number) for number, (_, session_id) in enumerate(speakers * 3)]
    poison: list[Any] = [{}, {"dynamodb": None}, {"dynamodb": {"NewImage": {"sessionId": 3}}}, None]
    deleted = slot_record(speakers[0][1], 9, "OldImage")
    assert presence({"Records": [*poison, *records, deleted]}, LambdaContext()) == {"batchItemFailures": []}
    for speaker, session_id in speakers:
        assert publish_driver.api.pushes(speaker) == [
            {"type": "presence", "sessionId": session_id, "listeners": 0}
        ]
    assert '"PresenceMalformed": [4.0]' in capsys.readouterr().out


def test_a_session_that_fails_delays_no_other_notification(
    publish_driver: PublishDriver, load: Callable[[str], Handler]
) -> None:
    """The stream is redelivered from the earliest record that is reported."""
    presence = load("presence")
    publish_driver.now = int(time.time())
    (_, first), (one, second), (_, third) = (publish_driver.speaking() for _ in range(3))
    publish_driver.api.answer = lambda got: Answer(status=200 if got.connection_id == one else 403)
    records = [slot_record(session_id, number) for number, session_id in enumerate((first, second, third))]
    answer = presence({"Records": records}, LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert publish_driver.api.pushes(one) == [{"type": "presence", "sessionId": second, "listeners": 0}]

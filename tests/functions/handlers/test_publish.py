"""The handler of publish."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from domain.delivery import MAX_PUSH_BYTES
from tests.support.handler_driver import Handler
from tests.support.lambda_context import LambdaContext
from tests.support.publish_driver import PublishDriver

pytestmark = pytest.mark.emulator


def websocket_event(connection_id: str, body: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "connectionId": connection_id,
            "routeKey": "publish",
            "eventType": "MESSAGE",
            "connectedAt": 1_800_000_000_000,
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": {"subject": "user", "correlationId": "c"},
        },
        "body": body,
    }


def test_publish_replies_and_reaches_listeners(
    publish_driver: PublishDriver, load: Callable[[str], Handler]
) -> None:
    """The clock is the real one here, so the session's is too."""
    publish_driver.now = int(time.time())
    speaker, session_id = publish_driver.speaking()
    listener, _ = publish_driver.join_listener(session_id)
    publish = load("publish")
    answer = publish(
        websocket_event(speaker, '{"action":"publish","data":"hello","requestId":"r"}'), LambdaContext()
    )
    assert json.loads(answer["body"]) == {
        "type": "published",
        "sessionId": session_id,
        "offset": 1,
        "requestId": "r",
    }
    assert publish_driver.heard(listener) == [(1, "hello")]
    large = json.dumps({"action": "publish", "data": "x" * MAX_PUSH_BYTES})
    answer = publish(websocket_event(speaker, large), LambdaContext())
    assert json.loads(answer["body"])["code"] == "PAYLOAD_TOO_LARGE"

"""Each example deploys from a folder of its own with the built wheel, answers, and is destroyed."""

import json
from typing import Any, cast

import pytest
from websockets.sync.client import connect

from tests.examples.conftest import Examples

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def test_echo_sends_a_message_back(examples: Examples) -> None:
    with examples.deployed("echo") as outputs, connect(str(outputs["url"])) as client:
        client.send("hello")
        assert client.recv(timeout=20) == "hello"


def test_sessions_answer_a_listener(examples: Examples) -> None:
    with examples.deployed("sessions") as outputs:
        config = cast("dict[str, Any]", outputs["frontendConfig"])
        with connect(config["webSocketUrl"]) as client:
            client.send(
                json.dumps({"action": "joinSession", "sessionId": "caring-king-275", "targetLanguage": "es"})
            )
            reply = json.loads(client.recv(timeout=20))
    assert (reply["type"], reply["code"]) == ("error", "SESSION_NOT_FOUND")

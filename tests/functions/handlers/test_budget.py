"""How many calls to DynamoDB each handler makes: the performance budget, asserted by counting."""

from collections.abc import Callable

import pytest

from domain.settings import Limits, Settings
from tests.functions.conftest import Environment
from tests.support.dynamodb_faults import watched
from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import new_id

pytestmark = pytest.mark.emulator

LIMITED = Settings(limits=Limits(connects_per_minute=10_000, joins_per_minute=10_000))


@pytest.fixture(autouse=True)
def _limits_on(environment: Environment) -> None:  # pyright: ignore[reportUnusedFunction]
    environment(LIMITED)


def calls_of(act: Callable[[], object]) -> list[str]:
    with watched() as calls:
        act()
    return calls.names


def test_connect_is_one_transaction(stack: HandlerDriver) -> None:
    assert calls_of(stack.connect) == ["TransactWriteItems"]


def test_create_session_is_one_transaction_rate_limit_included(stack: HandlerDriver) -> None:
    speaker = stack.connect(new_id("u"))
    message = {"sourceLanguage": "en", "quality": "standard", "requestId": "r"}
    names = calls_of(lambda: stack.send(speaker, "createSession", **message))
    assert names == ["TransactWriteItems"]


def test_join_session_is_one_transaction_and_one_read(stack: HandlerDriver) -> None:
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.connect()
    names = calls_of(lambda: stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es"))
    assert names == ["TransactWriteItems", "GetItem"]


def test_recovering_the_place_costs_no_more(stack: HandlerDriver) -> None:
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.listening(session_id)
    names = calls_of(lambda: stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es"))
    assert names == ["TransactWriteItems", "GetItem"]


def test_disconnect_of_a_listener_or_speaker_is_one_read_and_one_transaction(stack: HandlerDriver) -> None:
    speaker, session_id = stack.speaking(new_id("u"))
    listener = stack.listening(session_id)
    for connection_id in (listener, speaker):
        names = calls_of(lambda one=connection_id: stack.disconnect(one))
        assert names == ["GetItem", "TransactWriteItems"]


def test_disconnect_of_an_unattached_connection_is_one_read_and_one_write(stack: HandlerDriver) -> None:
    connection_id = stack.connect()
    assert calls_of(lambda: stack.disconnect(connection_id)) == ["GetItem", "DeleteItem"]


def test_a_refused_message_costs_nothing(stack: HandlerDriver) -> None:
    listener = stack.connect()
    for message in ({}, {"sessionId": "x", "targetLanguage": "es"}, {"targetLanguage": "xx"}):
        assert calls_of(lambda fields=message: stack.send(listener, "joinSession", **fields)) == []
    assert calls_of(lambda: stack.send_text(listener, "unknown_action", "{}")) == []

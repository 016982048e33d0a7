"""How many calls to DynamoDB each handler makes: the performance budget, asserted by counting."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from domain.message_log import Body
from domain.model import Caller
from domain.settings import Limits, Settings
from tests.functions.conftest import Environment
from tests.support.dynamodb_faults import watched
from tests.support.dynamodb_meter import metered
from tests.support.handler_driver import HandlerDriver
from tests.support.session_driver import UseCaseDriver, new_id
from use_cases.join_session import LONGEST_JOIN_SECONDS

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


def test_a_handshake_beyond_the_limit_is_one_transaction_of_four_write_units(
    stack: HandlerDriver, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(replace(LIMITED, limits=Limits(connects_per_minute=1)))
    a_minute_without_connections = (time.time() // 60 + 10) * 60
    monkeypatch.setattr(time, "time", lambda: a_minute_without_connections)
    stack.connect()
    with metered() as units:
        statuses = [stack.open(new_id(), None) for _ in range(2)]
    assert statuses == [429, 429]
    assert units.calls == ["TransactWriteItems"] * 2
    assert units.writes == 2 * 4


def test_create_session_is_one_transaction_rate_limit_included(stack: HandlerDriver) -> None:
    speaker = stack.connect(new_id("u"))
    message = {"sourceLanguage": "en", "quality": "standard", "requestId": "r"}
    names = calls_of(lambda: stack.send(speaker, "createSession", **message))
    assert names == ["TransactWriteItems"]


def test_join_session_is_two_reads_and_one_transaction(stack: HandlerDriver) -> None:
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.connect()
    names = calls_of(lambda: stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es"))
    assert names == ["BatchGetItem", "TransactWriteItems", "GetItem"]


def test_a_listener_that_joined_long_ago_recovers_with_one_read_and_one_count(
    stack: HandlerDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.listening(session_id)
    later = time.time() + LONGEST_JOIN_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    names = calls_of(lambda: stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es"))
    assert names == ["BatchGetItem", "UpdateItem"]


def test_a_listener_that_has_just_joined_recovers_with_two_reads_and_one_count(stack: HandlerDriver) -> None:
    """Its join may have registered it between the two items of the first read."""
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.listening(session_id)
    names = calls_of(lambda: stack.send(listener, "joinSession", sessionId=session_id, targetLanguage="es"))
    assert names == ["BatchGetItem", "GetItem", "UpdateItem"]


def test_a_guessed_id_costs_one_read_and_two_counts(stack: HandlerDriver) -> None:
    """One of failed look-ups, and one of requests."""
    listener = stack.connect()
    names = calls_of(
        lambda: stack.send(listener, "joinSession", sessionId="caring-king-275", targetLanguage="es")
    )
    assert names == ["BatchGetItem", "UpdateItem", "UpdateItem"]


@pytest.mark.parametrize("listeners", [0, 1, 12])
def test_publish_is_one_transaction_and_one_read(stack: HandlerDriver, listeners: int) -> None:
    speaker, session_id = stack.speaking(new_id("u"))
    for _ in range(listeners):
        stack.listening(session_id)
    stack.send(speaker, "publish", data="the first one reads the speaker's items")
    names = calls_of(lambda: stack.send(speaker, "publish", data="x"))
    assert names == ["TransactWriteItems", "Query"]


def test_publish_to_a_hundred_listeners_is_one_transaction_and_one_read() -> None:
    driver = UseCaseDriver.on_dynamodb()
    speaker, session_id = driver.speaking()
    with ThreadPoolExecutor(8) as pool:
        listeners = list(pool.map(driver.listening, [session_id] * 100))
    driver.container.presence(session_id)
    caller = Caller(connection_id=speaker, subject="user", address="address")

    def publish() -> object:
        body = Body(data="x", content_type="text/plain", encoding="utf8")
        return driver.container.publish(caller, body=body, target_languages=None, request_id=None)

    publish()  # reads the speaker's items, which the next one has cached
    names = calls_of(publish)
    assert names == ["TransactWriteItems", "Query"]
    assert [driver.pusher.types(one) for one in listeners] == [["message", "message"]] * 100


def test_disconnect_of_a_listener_is_one_read_and_one_transaction(stack: HandlerDriver) -> None:
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.listening(session_id)
    assert calls_of(lambda: stack.disconnect(listener)) == ["GetItem", "TransactWriteItems"]


def test_disconnect_of_a_speaker_also_reads_the_session_and_its_listeners(stack: HandlerDriver) -> None:
    speaker, session_id = stack.speaking(new_id("u"))
    stack.listening(session_id)
    names = calls_of(lambda: stack.disconnect(speaker))
    assert names == ["GetItem", "TransactWriteItems", "GetItem", "Query"]


def test_disconnect_of_an_unattached_connection_is_one_read_and_one_write(stack: HandlerDriver) -> None:
    connection_id = stack.connect()
    assert calls_of(lambda: stack.disconnect(connection_id)) == ["GetItem", "DeleteItem"]


def test_a_refused_message_is_one_count(stack: HandlerDriver) -> None:
    listener = stack.connect()
    for message in ({}, {"sessionId": "x", "targetLanguage": "es"}, {"targetLanguage": "xx"}):
        names = calls_of(lambda fields=message: stack.send(listener, "joinSession", **fields))
        assert names == ["UpdateItem"]
    assert calls_of(lambda: stack.send_text(listener, "unknown_action", "{}")) == ["UpdateItem"]
    assert calls_of(lambda: stack.send_text(listener, "publish", '{"action":"publish"}')) == ["UpdateItem"]


def test_a_lookup_is_a_count_and_three_reads(stack: HandlerDriver) -> None:
    """The failed look-ups of the caller are read together with the session."""
    _, session_id = stack.speaking(new_id("u"))
    listener = stack.connect()
    names = calls_of(lambda: stack.send(listener, "getSession", sessionId=session_id))
    assert names == ["UpdateItem", "GetItem", "BatchGetItem", "Query"]
    assert calls_of(lambda: stack.http("GET", session_id)) == ["UpdateItem", "BatchGetItem", "Query"]

"""Every call to DynamoDB of every handler fails once, in every way; the request is then sent again.

The first reply is an error that allows that, or the right reply; the second is right; nothing is left that is
neither reachable nor cleared up by a disconnect.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adapters.dynamodb import client as dynamodb
from adapters.dynamodb.client import MAX_ATTEMPTS
from domain.model import Status
from domain.ports import RetryBudget
from domain.settings import Limits, Settings
from tests.functions.conftest import Environment
from tests.support.dynamodb_faults import Fault, watched
from tests.support.fake_management_api import Answer, ManagementApi
from tests.support.handler_driver import HandlerDriver
from tests.support.invariants import check_connection, check_session
from tests.support.reliability import Figures
from tests.support.session_driver import UseCaseDriver, new_id
from tests.support.signing_keys import POOL, claims
from tests.support.tables import boto3_client

pytestmark = pytest.mark.emulator

ROOMY = Limits(connects_per_minute=10_000, joins_per_minute=10_000)
LIMITED = Settings(limits=ROOMY, max_listeners=20)
UNLIMITED = replace(LIMITED, limits=Limits(enabled=False))
MAX_CALLS = 12


@dataclass
class Scene:
    """A session with its speaker and a listener, and a fresh connection of each kind."""

    stack: HandlerDriver
    user: str
    speaker: str
    session_id: str
    listener: str
    second: str
    """Another connection of the speaker's user."""
    stranger: str
    """An anonymous one."""

    @classmethod
    def of(cls, stack: HandlerDriver) -> "Scene":
        user = new_id("u")
        speaker, session_id = stack.speaking(user)
        listener = stack.listening(session_id)
        return cls(stack, user, speaker, session_id, listener, stack.connect(user), stack.connect())

    def say(self, connection_id: str, action: str, **fields: object) -> dict[str, Any]:
        return self.stack.send(connection_id, action, requestId="once", **fields)

    def http(self, method: str, session_id: str | None = None, body: object = None) -> dict[str, Any]:
        headers = {"idempotency-key": "once"}
        status, answer = self.stack.http(method, session_id, subject=self.user, body=body, headers=headers)
        return answer | {"status_code": status}


Act = Callable[[Scene], dict[str, Any]]
NEW = {"sourceLanguage": "en", "quality": "standard"}

ACTS: dict[str, tuple[Act, str | int]] = {
    "createSession": (lambda s: s.say(s.second, "createSession", **NEW), "sessionCreated"),
    "joinSession": (
        lambda s: s.say(s.stranger, "joinSession", sessionId=s.session_id, targetLanguage="es"),
        "sessionJoined",
    ),
    "joinSession again": (
        lambda s: s.say(s.listener, "joinSession", sessionId=s.session_id, targetLanguage="fr"),
        "sessionJoined",
    ),
    "leaveSession, listener": (lambda s: s.say(s.listener, "leaveSession"), "sessionLeft"),
    "leaveSession, speaker": (lambda s: s.say(s.speaker, "leaveSession"), "sessionLeft"),
    "getSession": (lambda s: s.say(s.listener, "getSession"), "session"),
    "resumeSession": (
        lambda s: s.say(s.second, "resumeSession", sessionId=s.session_id),
        "sessionResumed",
    ),
    "updateSession": (lambda s: s.say(s.speaker, "updateSession", quality="premium"), "sessionUpdated"),
    "endSession": (lambda s: s.say(s.speaker, "endSession"), "sessionEnded"),
    "refreshToken": (
        lambda s: s.say(s.second, "refreshToken", token=POOL.sign(claims(int(time.time()), sub=s.user))),
        "tokenRefreshed",
    ),
    "$connect": (lambda s: {"status_code": s.stack.open(f"{s.user}-new", s.user)}, 200),
    "$disconnect, listener": (lambda s: {"status_code": s.stack.disconnect(s.listener)}, 200),
    "$disconnect, speaker": (lambda s: {"status_code": s.stack.disconnect(s.speaker)}, 200),
    "$disconnect, unattached": (lambda s: {"status_code": s.stack.disconnect(s.stranger)}, 200),
    "POST": (lambda s: s.http("POST", body=NEW), 201),
    "GET": (lambda s: s.http("GET", s.session_id), 200),
    "PATCH": (lambda s: s.http("PATCH", s.session_id, {"quality": "premium"}), 200),
    "DELETE": (lambda s: s.http("DELETE", s.session_id), 200),
}


def outcome(reply: dict[str, Any]) -> object:
    return reply["status_code"] if "status_code" in reply else reply["type"]


def is_unavailable(reply: dict[str, Any]) -> bool:
    return reply.get("code") == "UNAVAILABLE" or reply.get("status_code") == 503


def is_rate_limited(reply: dict[str, Any]) -> bool:
    return reply.get("code") == "RATE_LIMITED" or reply.get("status_code") == 429


def current_driver() -> UseCaseDriver:
    driver = UseCaseDriver.on_dynamodb(LIMITED)
    driver.now = int(time.time())
    return driver


def check_all(scene: Scene) -> None:
    driver = current_driver()
    check_session(driver, scene.session_id)
    for connection_id in (scene.speaker, scene.listener, scene.second, scene.stranger):
        check_connection(driver, connection_id)


CASES = [(LIMITED, fault) for fault in Fault] + [(UNLIMITED, Fault.BROKEN), (UNLIMITED, Fault.LOST_ANSWER)]


@pytest.mark.parametrize(("settings", "fault"), CASES, ids=lambda case: getattr(case, "name", ""))
@pytest.mark.parametrize("name", list(ACTS))
def test_each_call_may_fail(
    stack: HandlerDriver,
    environment: Environment,
    figures: Figures,
    name: str,
    fault: Fault,
    settings: Settings,
) -> None:
    environment(settings)
    act, expected = ACTS[name]
    for number in range(MAX_CALLS):
        scene = Scene.of(stack)
        with watched(failing=number, fault=fault) as calls:
            first = act(scene)
        if not calls.met:
            assert outcome(first) == expected
            figures.failures(lost=0, doubled=0, stuck=0, leaked=0)
            return
        figures.tried(1)
        is_limited = fault is Fault.THROTTLED and is_rate_limited(first)
        assert outcome(first) == expected or is_limited or is_unavailable(first), first
        check_all(scene)
        again = act(Scene(**vars(scene)))
        assert outcome(again) == expected, (number, first, again)
        check_all(scene)
        check_effect(scene, name, again)
    pytest.fail("more calls than any handler makes")


def check_effect(scene: Scene, name: str, reply: dict[str, Any]) -> None:
    """What was asked for twice has happened once."""
    driver = current_driver()
    session = driver.session(scene.session_id)
    match name:
        case "createSession" | "POST":
            check_session(driver, reply["sessionId"])
            assert sessions_of(scene.user) == sorted([scene.session_id, reply["sessionId"]])
        case "$connect":
            connection = driver.container.connections.get(f"{scene.user}-new")
            assert connection is not None
            assert connection.subject == scene.user
        case "refreshToken":
            connection = driver.container.connections.get(scene.second)
            assert connection is not None
            assert connection.token_expires_at is not None
            assert connection.token_expires_at > driver.now + 3000
        case "joinSession":
            assert driver.listener_ids(scene.session_id) == sorted([scene.listener, scene.stranger])
        case "leaveSession, listener" | "$disconnect, listener":
            assert driver.listener_ids(scene.session_id) == []
        case "resumeSession":
            assert (session.generation, session.speaker_connection_id) == (2, scene.second)
        case "updateSession" | "PATCH":
            assert session.quality == "premium"
        case "endSession" | "DELETE":
            assert session.status is Status.ENDED
        case "leaveSession, speaker" | "$disconnect, speaker":
            assert session.grace_until is not None
        case _:
            assert session.generation == 1


def sessions_of(user: str) -> list[str]:
    items = boto3_client().scan(
        TableName=dynamodb.table("SESSIONS_TABLE"),
        FilterExpression="ownerId = :user",
        ExpressionAttributeValues={":user": {"S": user}},
    )["Items"]
    return sorted(item["sessionId"].get("S", "") for item in items)


@pytest.mark.parametrize("fault", [Fault.NO_TABLE, Fault.BROKEN, Fault.SILENT, Fault.DENIED])
def test_no_limit_stops_anyone_when_its_table_cannot_tell(
    stack: HandlerDriver, environment: Environment, capsys: pytest.CaptureFixture[str], fault: Fault
) -> None:
    environment(LIMITED)
    with watched(table="limits_table", fault=fault) as calls:
        scene = Scene.of(stack)
        for name in ("updateSession", "leaveSession, listener", "getSession", "POST", "endSession"):
            act, expected = ACTS[name]
            if name != "getSession":
                assert outcome(act(scene)) == expected
    assert calls.met
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    degraded = [line for line in lines if line.get("message") == "rate limit not applied"]
    assert {line["limit"] for line in degraded} >= {"connects", "sessions", "failedLookups", "requests"}
    assert all(line["correlation_id"] for line in degraded)
    assert sum(sum(line.get("RateLimitDegraded", [])) for line in lines) == len(degraded)


PUSHING = ("resumeSession", "updateSession", "endSession", "PATCH", "DELETE")
REPEATED = ("updateSession", "PATCH")
"""What nobody but the request itself would tell the others later."""


@pytest.mark.parametrize(
    ("name", "status"),
    [
        (name, status)
        for name in PUSHING
        for status in (410, 413, 429, 500, 403)
        if name not in REPEATED or status != 403
    ],
)
def test_failed_pushes_do_not_fail_the_request(
    stack: HandlerDriver, callbacks: ManagementApi, name: str, status: int
) -> None:
    act, expected = ACTS[name]
    scene = Scene.of(stack)
    callbacks.answer = lambda _: Answer(status=status)
    assert outcome(act(scene)) == expected
    check_effect(scene, name, {})
    assert callbacks.requests


@pytest.mark.parametrize("name", REPEATED)
def test_a_change_that_cannot_be_announced_is_made_and_announced_on_retry(
    stack: HandlerDriver, callbacks: ManagementApi, name: str
) -> None:
    act, expected = ACTS[name]
    scene = Scene.of(stack)
    callbacks.answer = lambda _: Answer(status=403)
    assert is_unavailable(act(scene))
    check_effect(scene, name, {})
    callbacks.answer = lambda _: Answer()
    assert outcome(act(scene)) == expected


@pytest.mark.parametrize(
    ("times", "expected"), [(3, "sessionJoined"), (1000, "error")], ids=["a few times", "for ever"]
)
def test_conflicts_with_other_transactions_are_retried_a_limited_number_of_times(
    stack: HandlerDriver, times: int, expected: str
) -> None:
    scene = Scene.of(stack)
    act, _ = ACTS["joinSession"]
    with watched(conflicts=times) as calls:
        reply = act(scene)
    assert outcome(reply) == expected
    attempts = calls.names.count("TransactWriteItems")
    assert attempts == (times + 1 if expected == "sessionJoined" else MAX_ATTEMPTS[RetryBudget.USUAL])
    check_all(scene)
    assert outcome(act(scene)) == "sessionJoined"


@pytest.mark.parametrize("leaving", ["listener", "speaker"])
def test_a_disconnect_outlasts_conflicts_that_other_requests_do_not(
    stack: HandlerDriver, leaving: str
) -> None:
    """Nobody repeats it soon, and many come at once where a session ends for many."""
    scene = Scene.of(stack)
    with watched(conflicts=MAX_ATTEMPTS[RetryBudget.USUAL] + 2) as calls:
        assert stack.disconnect(getattr(scene, leaving)) == 200
    assert calls.names.count("TransactWriteItems") == MAX_ATTEMPTS[RetryBudget.USUAL] + 3
    check_all(scene)


def test_a_disconnect_is_given_up_within_its_time(stack: HandlerDriver) -> None:
    scene = Scene.of(stack)
    with watched(conflicts=1000) as calls:
        assert stack.disconnect(scene.listener) == 503
    assert len(calls.names) == 1 + MAX_ATTEMPTS[RetryBudget.PATIENT]

"""The HTTP twin: the same sessions, by the other door."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.deployment import Deployment, User

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
BODY = {"sourceLanguage": "en", "quality": "standard"}
Answer = tuple[int, dict[str, Any]]


def call(
    deployment: Deployment, method: str, path: str, user: User | None = None, body: Any = None, **headers: str
) -> Answer:
    """Send one request; the status and the JSON body of whatever answers."""
    request = urllib.request.Request(  # noqa: S310 - the stack's own address
        f"{deployment.config['httpUrl'].rstrip('/')}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    if user:
        request.add_header("Authorization", f"Bearer {user.token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            return reply.status, json.loads(reply.read() or "{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "{}")


async def test_a_session_made_over_http_is_resumed_over_a_websocket(
    deployment: Deployment, speaker_user: User
) -> None:
    status, made = call(deployment, "POST", "/sessions", speaker_user, BODY)
    assert status == 201
    async with await deployment.connect(speaker_user) as speaker:
        resumed = await speaker.request("resumeSession", sessionId=made["sessionId"])
        assert resumed["epoch"] == made["epoch"]
        path = f"/sessions/{made['sessionId']}"
        status, changed = call(deployment, "PATCH", path, speaker_user, {"status": "paused"})
        assert (status, changed["status"]) == (200, "paused")
        assert (await speaker.push("sessionUpdated"))["status"] == "paused"
        status, ended = call(deployment, "DELETE", path, speaker_user)
        assert (status, ended["reason"]) == (200, "ended")
        assert (await speaker.push("sessionEnded"))["reason"] == "ended"


def test_the_same_idempotency_key_makes_one_session(deployment: Deployment, speaker_user: User) -> None:
    key = {"Idempotency-Key": "once-over-http"}
    made = [call(deployment, "POST", "/sessions", speaker_user, BODY, **key) for _ in range(2)]
    assert made[0][1]["sessionId"] == made[1][1]["sessionId"]


def test_another_user_may_look_but_not_touch(
    deployment: Deployment, speaker_user: User, new_user: Callable[[], User]
) -> None:
    _, made = call(deployment, "POST", "/sessions", speaker_user, BODY)
    path, other = f"/sessions/{made['sessionId']}", new_user()
    assert call(deployment, "GET", path, other)[0] == 200
    for method, body in (("PATCH", {"status": "paused"}), ("DELETE", None)):
        status, problem = call(deployment, method, path, other, body)
        assert (status, problem["code"]) == (403, "FORBIDDEN")
    assert call(deployment, "DELETE", path, speaker_user)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/sessions", {}, 400, "INVALID_MESSAGE"),
        ("POST", "/sessions", [], 400, "INVALID_MESSAGE"),
        ("POST", "/sessions", BODY | {"quality": "best"}, 400, "INVALID_QUALITY"),
        ("GET", "/sessions/caring-king-275", None, 404, "SESSION_NOT_FOUND"),
        ("GET", "/sessions/nonsense", None, 400, "INVALID_SESSION_ID"),
        ("PATCH", "/sessions/caring-king-275", {"status": "active"}, 404, "SESSION_NOT_FOUND"),
    ],
)
def test_a_bad_request_is_a_problem_with_its_own_code(
    deployment: Deployment, speaker_user: User, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answered, problem = call(deployment, method, path, speaker_user, body)
    assert (answered, problem["code"]) == (status, code)


def test_without_a_token_nothing_is_made(deployment: Deployment) -> None:
    assert call(deployment, "POST", "/sessions", None, BODY)[0] == 401

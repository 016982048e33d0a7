"""An operator ends a session, all sessions of a user, or a user, on a deployed stack."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from tests.e2e.deployment import Deployment, User
from tools.dev_stack.session_client import Refused

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
CREATE = {"sourceLanguage": "en", "quality": "standard"}
ENDED_SECONDS = 60.0


def operate(deployment: Deployment, *command: str, code: int = 0) -> str:
    """Run the command with the stack's outputs on standard input, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "websocket_sessions.operator", *command],
        env={**os.environ, **deployment.aws},
        input=json.dumps(deployment.outputs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


async def test_an_operator_ends_one_session_at_once(deployment: Deployment, speaker_user: User) -> None:
    async with (
        await deployment.connect(speaker_user) as speaker,
        await deployment.connect(speaker_user) as other,
        await deployment.connect() as listener,
    ):
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        kept = (await other.request("createSession", **CREATE))["sessionId"]
        await listener.request("joinSession", sessionId=session, targetLanguage="es")
        assert await asyncio.to_thread(operate, deployment, "end-session", session) == f"{session}\n"
        with pytest.raises(Refused, match="SESSION_ENDED"):
            await speaker.request("publish", data="too late")
        for client in (speaker, listener):
            assert (await client.push("sessionEnded", seconds=ENDED_SECONDS))["reason"] == "expired"
        assert (await other.request("getSession"))["sessionId"] == kept
        repeated = await asyncio.to_thread(operate, deployment, "end-session", session, code=1)
        assert repeated.count("\n") == 1
        await other.request("endSession")


async def test_an_operator_ends_all_sessions_of_a_user(deployment: Deployment, speaker_user: User) -> None:
    async with (
        await deployment.connect(speaker_user) as first,
        await deployment.connect(speaker_user) as second,
    ):
        sessions = {
            (await client.request("createSession", **CREATE))["sessionId"] for client in (first, second)
        }
        ended = await asyncio.to_thread(operate, deployment, "end-sessions", "--username", speaker_user.name)
        assert set(ended.split()) == sessions
        for client in (first, second):
            await client.push("sessionEnded", seconds=ENDED_SECONDS)
        none = await asyncio.to_thread(operate, deployment, "end-sessions", "--username", speaker_user.name)
        assert none == "No session was live.\n"


async def test_an_ended_user_loses_rights_on_open_connections_at_once(
    deployment: Deployment, speaker_user: User
) -> None:
    """A token that was issued before still opens a connection, as docs/operations.md says."""
    async with (
        await deployment.connect(speaker_user) as speaker,
        await deployment.connect(speaker_user) as idle,
    ):
        session = (await speaker.request("createSession", **CREATE))["sessionId"]
        ended = await asyncio.to_thread(operate, deployment, "end-user", speaker_user.name)
        assert ended == f"{session}\n"
        for client, action, fields in (
            (speaker, "publish", {"data": "too late"}),
            (idle, "createSession", CREATE),
        ):
            with pytest.raises(Refused, match=r"SESSION_ENDED|TOKEN_EXPIRED"):
                await client.request(action, **fields)
    async with await deployment.connect(speaker_user) as back:
        assert (await back.request("createSession", **CREATE))["type"] == "sessionCreated"
        await back.request("endSession")


def test_a_user_who_does_not_exist_is_named_in_one_line(deployment: Deployment) -> None:
    said = operate(deployment, "end-user", "nobody@example.com", code=1)
    assert "'nobody@example.com'" in said
    assert said.count("\n") == 1

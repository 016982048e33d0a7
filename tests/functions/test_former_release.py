"""Sessions that the last release left in the tables go on under today's functions.

The fixture was recorded from the functions of version 0.1.0: a live session with its speaker, two listeners
and three messages, and what the functions replied.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_management_api import ManagementApi
from tests.support.handler_driver import HANDLER_OF_ACTION, HandlerDriver
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.session_driver import UNLIMITED
from tests.support.tables import boto3_client, clear_tables

pytestmark = pytest.mark.emulator

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "releases" / "0.1.0.json").read_text(encoding="utf-8")
)
SPEAKER, USER = "speaker-of-release=", "user-of-release"
LISTENERS = ("listener-a-of-release=", "listener-b-of-release=")
TIMES = ("createdAt", "expiresAt", "ttl", "connectedAt", "dueAt", "joinedAt", "publishedAt")
Item = Mapping[str, Mapping[str, str]]


@dataclass
class Release:
    """The recorded session in the tables, and today's handlers."""

    stack: HandlerDriver
    session_id: str = RECORDED["sessionId"]

    def send(self, connection_id: str, action: str, **fields: object) -> dict[str, Any]:
        reply = self.stack.send(connection_id, action, **fields)
        assert reply["type"] != "error", reply
        return reply

    def items(self, table: str) -> list[Item]:
        return boto3_client().scan(TableName=os.environ[table], ConsistentRead=True)["Items"]  # pyright: ignore[reportReturnType]


@pytest.fixture
def release(stack: HandlerDriver) -> Release:
    """The recorded items, as if they had been written a minute ago."""
    client: Any = boto3_client()
    clear_tables()
    later = int(time.time()) - 60 - RECORDED["recordedAt"]
    for table, items in RECORDED["items"].items():
        for item in items:
            client.put_item(TableName=os.environ[table], Item=_shifted(item, later))
    stack.subjects[SPEAKER] = USER
    return Release(stack)


def _shifted(item: Item, seconds: int) -> Item:
    return {
        name: {"N": str(int(value["N"]) + seconds)} if name in TIMES else value
        for name, value in item.items()
    }


def test_a_live_session_goes_on(release: Release, callbacks: ManagementApi) -> None:
    """Its listeners get the next message, and a listener that joins today gets it too."""
    stack = release.stack
    newer = stack.connect()
    joined = release.send(newer, "joinSession", sessionId=release.session_id, targetLanguage="es")
    assert joined["offset"] == 3
    assert release.send(SPEAKER, "publish", data="message 4", requestId="publish-4")["offset"] == 4
    for listener in (*LISTENERS, newer):
        (push,) = [push for push in callbacks.pushes(listener) if push["type"] == "message"]
        assert (push["offset"], push["data"]) == (4, "message 4")
    position = {"epoch": joined["epoch"], "offset": 1}
    again = release.send(
        LISTENERS[0], "joinSession", sessionId=release.session_id, targetLanguage="fr", **position
    )
    assert (again["replayed"], again["targetLanguage"]) == (3, "fr")


def test_its_speaker_resumes_and_ends_it(release: Release, callbacks: ManagementApi) -> None:
    newer = release.stack.connect(USER)
    resumed = release.send(newer, "resumeSession", sessionId=release.session_id, generation=1)
    assert (resumed["generation"], resumed["offset"]) == (2, 3)
    assert [push["type"] for push in callbacks.pushes(SPEAKER)] == ["connectionReplaced"]
    release.send(newer, "updateSession", status="paused")
    release.send(newer, "endSession")
    for listener in LISTENERS:
        assert [push["type"] for push in callbacks.pushes(listener)] == ["sessionUpdated", "sessionEnded"]


def test_its_connections_leave_nothing_behind(release: Release) -> None:
    release.send(LISTENERS[0], "leaveSession")
    for connection_id in (*LISTENERS, SPEAKER):
        assert release.stack.disconnect(connection_id) == 200
    assert release.items("CONNECTIONS_TABLE") == []
    rows = [item for item in release.items("LISTENERS_TABLE") if item["connectionId"]["S"] != "#count"]
    assert rows == []
    (session,) = release.items("SESSIONS_TABLE")
    assert "graceUntil" in session


def test_a_run_of_the_keep_alive_pings_and_ends_it(release: Release) -> None:
    driver = KeepAliveDriver()
    driver.now = int(time.time()) + 500
    driver.run()
    assert [driver.pusher.types(one) for one in (SPEAKER, *LISTENERS)] == [["keepAlive"]] * 3
    driver.now += UNLIMITED.session_lifetime
    driver.run()
    assert "sessionEnded" in driver.pusher.types(LISTENERS[0])


def test_its_messages_are_answered_as_before(release: Release) -> None:
    """Each reply has the properties that it had, of the same types. More are allowed."""
    connections = {"createSession": release.stack.connect(USER), "joinSession": release.stack.connect()}
    speaker, listener = connections["createSession"], connections["joinSession"]
    session_id = ""
    for exchange in RECORDED["exchanges"]:
        request, before = exchange["request"], exchange["reply"]
        action = request["action"]
        sender = listener if action in ("joinSession", "getSession") else speaker
        changes = {"sessionId": session_id} if "sessionId" in request else {}
        reply = release.stack.send_text(sender, HANDLER_OF_ACTION[action], json.dumps({**request, **changes}))
        session_id = reply["sessionId"]
        assert {name: type(value) for name, value in reply.items()}.items() >= {
            name: type(value) for name, value in before.items()
        }.items()


def test_the_release_reads_what_is_written_today(release: Release) -> None:
    """After a roll-back. Every attribute that the release requires is there, of the same type."""
    clear_tables()
    speaker, session_id = release.stack.speaking(USER)
    release.stack.listening(session_id)
    release.send(speaker, "publish", data="message", requestId="publish")
    for table, names in RECORDED["reads"].items():
        types = _types(RECORDED["items"][table])
        written = [
            item
            for item in release.items(table)
            if not item.get("connectionId", {}).get("S", "").startswith("#")
        ]
        assert written
        for item in written:
            assert {name: next(iter(item[name])) for name in names} == {name: types[name] for name in names}


def _types(items: list[Item]) -> dict[str, str]:
    return {name: next(iter(value)) for item in items for name, value in item.items()}

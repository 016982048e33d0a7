"""Whole runs on real tables: what they say, end and clear away, and that overlap and crashes do no harm."""

import json
import threading
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from adapters.dynamodb import client as dynamodb
from adapters.dynamodb.session_items import due_shard
from domain.model import EndReason, Status
from domain.pusher import PushConfigurationError
from keep_alive.run import Unit, all_units
from tests.functions.keep_alive.world import SETTINGS, START, World, units_for

pytestmark = pytest.mark.emulator


def test_a_silent_connection_is_pinged_before_each_idle_cut(world: World) -> None:
    """Over an hour of runs no gap reaches ten minutes, and there are no more pings than needed."""
    connection = world.connect()
    pinged = [world.now]
    for _ in range(60):
        world.now += 60
        world.run()
        pinged += [world.now] * (len(world.wire.types(connection)) - len(pinged) + 1)

    assert world.wire.types(connection) == ["keepAlive"] * 7
    assert max(after - before for before, after in pairwise(pinged)) < 600


def test_nothing_is_pushed_before_it_is_due(world: World) -> None:
    """A run a second early reads nothing of the connection."""
    connection = world.connect()
    world.now += 479
    world.run()

    assert world.wire.types(connection) == []


def test_the_handover_is_asked_for_once(world: World) -> None:
    """Between ten and eight minutes before the cut, with the seconds that are left; then pings go on."""
    connection = world.connect()
    world.now += 6600 + SETTINGS.refresh_jitter
    for _ in range(10):
        world.run()
        world.now += 60

    notices = [push for push in world.wire.arrived[connection] if push["type"] != "keepAlive"]
    assert [push["type"] for push in notices] == ["connectionRefreshRequired"]
    assert notices[0]["secondsLeft"] == 7200 - 6600 - SETTINGS.refresh_jitter
    assert world.connection(connection).refresh_notified_at == START + 6600 + SETTINGS.refresh_jitter


def test_each_token_s_end_is_told_of_once(world: World) -> None:
    """A refreshed token is told of again."""
    connection = world.connect("subject", START + 1000)
    world.now = START + 900
    world.run()
    world.run()
    world.connections.set_token(connection, subject="subject", expires_at=START + 2000, due_at=START + 1380)
    world.now = START + 1890
    world.run()
    world.now += 480
    world.run()

    told = [push["secondsLeft"] for push in world.wire.arrived[connection] if push["type"] == "tokenExpiring"]
    assert told == [100, 110]


@pytest.mark.parametrize(("anonymous", "stays"), [(False, False), (True, True)])
def test_a_listener_s_rights_end_with_its_token(world: World, anonymous: bool, stays: bool) -> None:
    """Told before, and cut within a run of the end; where nobody needs a token, it goes on listening."""
    there = World(replace(SETTINGS, allow_anonymous=anonymous))
    session, _ = there.session()
    listener = there.listener(session, token_expires_at=START + 1000)
    for _ in range(18):
        there.now += 60
        there.run()
    assert "tokenExpiring" in there.wire.types(listener)
    assert (listener in there.wire.gone) is not stays
    assert there.count(session) == (1 if stays else 0)


def test_who_could_not_be_cut_stays_a_listener_and_is_cut_by_a_later_run(world: World) -> None:
    """Its record is all that tells the next run of it."""
    there = World(replace(SETTINGS, allow_anonymous=False))
    session, _ = there.session()
    listener = there.listener(session, token_expires_at=START + 1000)
    there.wire.silent.add(listener)
    there.now += 1060
    there.run()
    assert there.count(session) == 1
    there.wire.silent.clear()
    there.now += 60
    there.run()
    assert listener in there.wire.gone
    assert there.count(session) == 0


def test_a_gone_listener_is_counted_out(world: World) -> None:
    """A lost `$disconnect` is made up for at the next ping."""
    session, _ = world.session()
    listener, other = world.listener(session), world.listener(session)
    world.wire.gone.add(listener)
    world.now += 480
    world.run()

    assert world.count(session) == 1
    assert world.connections.get(listener) is None
    assert world.wire.types(other) == ["keepAlive"]


def test_a_gone_speaker_starts_the_grace_and_its_end_ends_the_session(world: World) -> None:
    """The listeners are told why."""
    session, speaker = world.session()
    world.now += 100
    listener = world.listener(session)
    world.wire.gone.add(speaker)
    world.now += 380
    world.run()
    assert world.read(session).grace_until == world.now + SETTINGS.speaker_grace

    world.now += SETTINGS.speaker_grace - 1
    world.run()
    assert world.read(session).status is Status.ACTIVE

    world.now += 1
    world.run()
    ended = world.read(session)
    assert (ended.status, ended.end_reason) == (Status.ENDED, EndReason.SPEAKER_GONE)
    assert ended.ttl == world.now + SETTINGS.ended_retention
    assert world.wire.arrived[listener][-1] == {
        "type": "sessionEnded",
        "sessionId": session,
        "reason": "speakerGone",
        "epoch": ended.epoch,
        "offset": 0,
    }


def test_a_session_ends_with_its_lifetime(world: World) -> None:
    """Speaker and listener are told, once, and the session is due no more."""
    session, _ = world.session()
    world.now = world.read(session).expires_at - 60
    speaker = world.connect("owner")
    world.sessions.attach(
        world.read(session), connection_id=speaker, instead_of=None, request=None, now=world.now
    )
    listener = world.listener(session)
    world.now += 60
    world.run()
    world.now += 120
    world.run()

    assert world.read(session).end_reason is EndReason.EXPIRED
    for connection in (speaker, listener):
        assert world.wire.types(connection) == ["sessionEnded"]
        assert world.wire.arrived[connection][0]["reason"] == "expired"
    assert world.due_now() == []


def test_a_grace_does_not_put_off_the_end_of_the_lifetime(world: World) -> None:
    """A speaker who goes shortly before it leaves a session that ends on time, by whichever way they go."""
    sessions: list[tuple[str, str]] = []
    for gone in (True, False):
        session, speaker = world.session()
        sessions.append((session, world.listener(session)))
        world.now = START + SETTINGS.session_lifetime - 100
        attachment = world.connection(speaker).attachment
        assert attachment is not None
        grace_until = world.now + SETTINGS.speaker_grace
        if gone:
            world.connections.close(world.connection(speaker), grace_until=grace_until)
        else:
            world.sessions.detach(speaker, attachment, grace_until=grace_until, request=None)
        world.now = START

    world.now = START + SETTINGS.session_lifetime
    world.run()

    for session, listener in sessions:
        assert world.read(session).end_reason is EndReason.EXPIRED
        assert "sessionEnded" in world.wire.types(listener)


def test_a_speaker_who_resumes_at_the_last_moment_keeps_the_session(world: World) -> None:
    """What the index says may be old; the end is on condition of what stands in the table."""
    session, speaker = world.session()
    world.connections.close(world.connection(speaker), grace_until=world.now + 300)
    world.now += 300
    stale = [page for shard in range(16) for page in world.due.sessions(shard, since=0, until=world.now)]
    world.now -= 1
    world.sessions.attach(
        world.read(session),
        connection_id=world.connect("owner"),
        instead_of=None,
        request=None,
        now=world.now,
    )
    world.now += 1
    world.keep_alive().end(stale[0][0])

    assert world.read(session).status is Status.ACTIVE


def test_a_skipped_minute_does_no_harm(world: World) -> None:
    """What was due is done a minute later, and the connection still lives."""
    connection = world.connect()
    world.now += 480 + 60
    world.run()

    assert world.wire.types(connection) == ["keepAlive"]
    assert world.connection(connection).due_at == world.now + 480


def test_who_cannot_be_reached_is_tried_again(world: World) -> None:
    """Nothing is recorded, so that the next run finds it due."""
    connection = world.connect()
    world.wire.silent.add(connection)
    world.now += 480
    world.run()
    world.wire.silent.clear()
    world.now += 60
    world.run()

    assert world.wire.types(connection) == ["keepAlive"]


def test_a_management_api_that_refuses_fails_the_run_but_ends_sessions(world: World) -> None:
    """A run that can push to nobody must be seen to fail; what needs no push is done."""
    session, speaker = world.session()
    world.connections.close(world.connection(speaker), grace_until=world.now + 300)
    world.connect()
    world.now += 480
    world.wire.refusal = PushConfigurationError()

    with pytest.raises(PushConfigurationError):
        world.run()
    assert world.read(session).status is Status.ENDED


def test_a_shard_that_cannot_be_read_keeps_nobody_else_waiting(world: World) -> None:
    """It is read a minute later."""
    connections = [world.connect() for _ in range(4)]
    world.now += 480
    broken = due_shard(connections[0])

    def refuse(params: dict[str, Any], **_: object) -> None:
        if json.loads(params["body"]).get("ExpressionAttributeValues", {}).get(":shard") == {"S": broken}:
            raise EndpointConnectionError(endpoint_url="dynamodb")

    dynamodb.client().meta.events.register("before-call.dynamodb.Query", refuse)
    try:
        world.run()
    finally:
        dynamodb.client().meta.events.unregister("before-call.dynamodb.Query", refuse)
    reached = [one for one in connections if due_shard(one) != broken]
    assert [world.wire.types(one) for one in reached] == [["keepAlive"]] * len(reached)
    assert world.wire.types(connections[0]) == []
    assert world.notes.counts["KeepAliveLeft"] == 2

    world.run()
    assert world.wire.types(connections[0]) == ["keepAlive"]


def test_overlapping_runs_say_each_notice_once(world: World) -> None:
    """Four runs at once: pings may double, notices do not, sessions end once."""
    connections = [world.connect() for _ in range(20)]
    session, speaker = world.session()
    listener = world.listener(session)
    world.connections.close(world.connection(speaker), grace_until=world.now + 300)
    world.now += 6600 + SETTINGS.refresh_jitter
    runs = [threading.Thread(target=world.run) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    for connection in connections:
        assert world.wire.types(connection) == ["connectionRefreshRequired"]
    assert world.notes.counts["SessionsEnded"] == 1
    assert "sessionEnded" in world.wire.types(listener)
    world.now += 31
    world.run()
    assert world.due_now() == []


def test_a_long_list_is_read_page_by_page_and_goes_on_where_time_ran_out(world: World) -> None:
    """Each invocation does a page; together they do everything once."""
    small = World(page=2)
    connections = [small.connect() for _ in range(30)]
    small.now += 480
    left, invocations = all_units(small.now), 0
    while left:
        looks = iter([True])
        left = small.keep_alive()(left, time_is_left=lambda looks=looks: next(looks, False))
        invocations += 1

    assert invocations > 10
    assert [small.wire.types(connection) for connection in connections] == [["keepAlive"]] * 30


def test_a_unit_goes_on_from_where_it_stopped(world: World) -> None:
    """The cursor is a moment, not an id, so that no id is in an event."""
    small = World(page=1)
    first = small.connect()
    small.now += 30
    second = next(
        one
        for one in iter(small.connect, None)
        if units_for("connections", one) == units_for("connections", first)
    )
    (unit,) = units_for("connections", first)
    small.now = START + 600
    looks = iter([True])
    left = small.keep_alive()([unit], time_is_left=lambda: next(looks, False))

    assert small.wire.types(first) == ["keepAlive"]
    assert small.wire.types(second) == []
    assert left == (Unit("connections", unit.shard, START + 30 + 480),)


class Crash(BaseException):
    """The invocation ends here, as by a time-out."""


class CrashAt:
    """Ends a run before, or just after, its nth call to DynamoDB."""

    def __init__(self, number: int, moment: str) -> None:
        self.left = number
        self.happened = False
        self._event = f"{moment}.dynamodb"
        self._lock = threading.Lock()

    def __enter__(self) -> "CrashAt":
        dynamodb.client().meta.events.register(self._event, self._called)
        return self

    def __exit__(self, *_: object) -> None:
        dynamodb.client().meta.events.unregister(self._event, self._called)

    def _called(self, **_: object) -> None:
        with self._lock:
            self.left -= 1
            if self.left == 0:
                self.happened = True
        if self.happened:
            raise Crash


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_run_that_crashes_at_any_call_is_made_up_for(world: World, moment: str) -> None:
    """Whatever call it is, the next run leaves everything as one whole run would have left it."""
    number = 0
    crashed = True
    while crashed:
        number += 1
        there = World(replace(SETTINGS, session_lifetime=7000))
        pinged = there.connect()
        session, speaker = there.session()
        listener, gone = there.listener(session), there.listener(session)
        there.now += 100
        expiring, left_behind = there.session()
        hearer = there.listener(expiring)
        there.connections.close(there.connection(left_behind), grace_until=there.now + 300)
        there.wire.gone |= {gone, speaker}
        there.now = START + 480
        work = [
            *units_for("sessions", session, expiring),
            *units_for("connections", pinged, speaker, listener, gone, hearer),
        ]
        with CrashAt(number, moment) as crash, suppress(Crash):
            there.run(work)
        crashed = crash.happened
        there.now += 60
        there.run(work)

        assert set(there.wire.types(pinged)) == {"keepAlive"}, number
        assert set(there.wire.types(listener)) == {"keepAlive"}, number
        assert "sessionEnded" in there.wire.types(hearer), number
        assert there.count(session) == 1, number
        assert there.connections.get(gone) is None, number
        assert there.read(session).grace_until in {START + 480 + 300, START + 540 + 300}, number
        assert there.read(expiring).end_reason is EndReason.SPEAKER_GONE, number
        there.now += 60
        there.run(work)
        assert there.due_now() == [], number
    assert number > 15


def test_an_operator_ends_a_session_by_its_lifetime(world: World) -> None:
    """The update of docs/operations.md ends the session in the next run, and listeners are informed."""
    session_id, _ = world.session()
    listener = world.listener(session_id)
    world.now += 5
    dynamodb.client().update_item(
        TableName=dynamodb.table("SESSIONS_TABLE"),
        Key={"sessionId": {"S": session_id}},
        UpdateExpression="SET expiresAt = :now, dueAt = :now",
        ConditionExpression="attribute_exists(dueShard)",
        ExpressionAttributeValues={":now": {"N": str(world.now)}},
    )
    world.run()

    assert world.read(session_id).end_reason is EndReason.EXPIRED
    assert world.wire.types(listener) == ["sessionEnded"]

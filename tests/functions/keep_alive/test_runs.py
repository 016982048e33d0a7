"""Whole runs on real tables: what they say, end and clear away, and that overlap and crashes do no harm."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest

from adapters.dynamodb import client as dynamodb
from adapters.dynamodb.session_items import due_shard
from adapters.http.response import NoResponseError, Response
from domain.delivery import PushConfigurationError
from domain.model import EndReason, Status
from domain.ports import RetryBudget
from keep_alive.run import ShardScan, all_scans
from tests.support.aws_exchanges import SentRequest, intercepted
from tests.support.disturbances import Disturbance
from tests.support.invariants import check_session
from tests.support.keep_alive_driver import KeepAliveDriver, scans_for
from tests.support.session_driver import START, UNLIMITED
from tests.support.tables import boto3_client

pytestmark = pytest.mark.emulator


def test_a_silent_connection_is_pinged_before_each_idle_timeout(driver: KeepAliveDriver) -> None:
    """Over an hour of runs no gap reaches ten minutes, and there are no more pings than needed."""
    connection = driver.connect()
    pinged = [driver.now]
    for _ in range(60):
        driver.now += 60
        driver.run()
        pinged += [driver.now] * (len(driver.pusher.types(connection)) - len(pinged) + 1)

    assert driver.pusher.types(connection) == ["keepAlive"] * 10
    assert max(after - before for before, after in pairwise(pinged)) < 600


def test_nothing_is_pushed_before_it_is_due(driver: KeepAliveDriver) -> None:
    """A run a second early reads nothing of the connection."""
    connection = driver.connect()
    driver.now += 359
    driver.run()

    assert driver.pusher.types(connection) == []


def test_the_handover_is_requested_once(driver: KeepAliveDriver) -> None:
    """Between ten and eight minutes before the cut, with the seconds that are left; then pings go on."""
    connection = driver.connect()
    driver.now += 6600 + UNLIMITED.refresh_jitter
    for _ in range(10):
        driver.run()
        driver.now += 60

    notices = [push for push in driver.pusher.arrived[connection] if push["type"] != "keepAlive"]
    assert [push["type"] for push in notices] == ["connectionRefreshRequired"]
    assert notices[0]["secondsLeft"] == 7200 - 6600 - UNLIMITED.refresh_jitter
    assert driver.connection(connection).refresh_notified_at == START + 6600 + UNLIMITED.refresh_jitter


def test_each_token_has_one_expiry_notice(driver: KeepAliveDriver) -> None:
    """A refreshed token gets another notice."""
    connection = driver.connect("subject", token_expires_at=START + 1000)
    driver.now = START + 900
    driver.run()
    driver.run()
    driver.container.connections.set_token(
        connection, subject="subject", expires_at=START + 2000, due_at=START + 1380
    )
    driver.now = START + 1890
    driver.run()
    driver.now += 360
    driver.run()

    seconds_left = [
        push["secondsLeft"] for push in driver.pusher.arrived[connection] if push["type"] == "tokenExpiring"
    ]
    assert seconds_left == [100, 110]


@pytest.mark.parametrize(("anonymous", "stays"), [(False, False), (True, True)])
def test_a_listener_s_permissions_end_with_its_token(
    driver: KeepAliveDriver, anonymous: bool, stays: bool
) -> None:
    """A warning precedes the end. A listener goes on only where the stack requires no token."""
    there = KeepAliveDriver(replace(UNLIMITED, allow_anonymous=anonymous))
    _, session = there.speaking()
    listener = there.listening(session, "listener", token_expires_at=START + 1000)
    for _ in range(18):
        there.now += 60
        there.run()
    assert "tokenExpiring" in there.pusher.types(listener)
    assert (listener in there.pusher.gone) is not stays
    assert there.listener_count(session) == (1 if stays else 0)


def test_a_listener_that_could_not_be_disconnected_is_disconnected_by_a_later_run(
    driver: KeepAliveDriver,
) -> None:
    """Its record is all that tells the next run of it."""
    there = KeepAliveDriver(replace(UNLIMITED, allow_anonymous=False))
    _, session = there.speaking()
    listener = there.listening(session, "listener", token_expires_at=START + 1000)
    there.pusher.silent.add(listener)
    there.now += 1060
    there.run()
    assert there.listener_count(session) == 1
    there.pusher.silent.clear()
    there.now += 60
    there.run()
    assert listener in there.pusher.gone
    assert there.listener_count(session) == 0


def test_a_connection_that_joins_no_session_is_disconnected() -> None:
    """It is not kept alive for two hours. One that joins meanwhile stays."""
    driver = KeepAliveDriver(replace(UNLIMITED, unattached_lifetime=900))
    _, session = driver.speaking()
    idle, joined = driver.connect(), driver.connect()
    driver.now += 890
    driver.run()
    driver.join(joined, session)
    assert driver.pusher.types(idle) == ["keepAlive"]
    driver.now += 10
    driver.run()
    assert idle in driver.pusher.gone
    assert driver.container.connections.get(idle) is None
    assert joined not in driver.pusher.gone
    assert driver.listener_count(session) == 1


def test_a_connection_that_leaves_its_session_is_disconnected_at_its_next_check() -> None:
    driver = KeepAliveDriver(replace(UNLIMITED, unattached_lifetime=900))
    _, session = driver.speaking()
    listener = driver.listening(session)
    driver.now += 1000
    driver.run()
    driver.leave(listener)
    assert listener not in driver.pusher.gone
    driver.now += 360
    driver.run()
    assert listener in driver.pusher.gone


def test_a_disconnected_listener_is_no_longer_counted(driver: KeepAliveDriver) -> None:
    """A lost `$disconnect` is made up for at the next ping."""
    _, session = driver.speaking()
    listener, other = driver.listening(session), driver.listening(session)
    driver.pusher.gone.add(listener)
    driver.now += 360
    driver.run()

    assert driver.listener_count(session) == 1
    assert driver.container.connections.get(listener) is None
    assert driver.pusher.types(other) == ["keepAlive"]


def test_a_lost_speaker_starts_the_grace_period_whose_end_ends_the_session(driver: KeepAliveDriver) -> None:
    """The listeners get the reason."""
    speaker, session = driver.speaking()
    driver.now += 100
    listener = driver.listening(session)
    driver.pusher.gone.add(speaker)
    driver.now += 380
    driver.run()
    assert driver.session(session).grace_until == driver.now + UNLIMITED.speaker_grace

    driver.now += UNLIMITED.speaker_grace - 1
    driver.run()
    assert driver.session(session).status is Status.ACTIVE

    driver.now += 1
    driver.run()
    ended = driver.session(session)
    assert (ended.status, ended.end_reason) == (Status.ENDED, EndReason.SPEAKER_GONE)
    assert ended.ttl == driver.now + UNLIMITED.ended_retention
    assert driver.pusher.arrived[listener][-1] == {
        "type": "sessionEnded",
        "sessionId": session,
        "reason": "speakerGone",
        "epoch": ended.epoch,
        "offset": 0,
    }


def test_a_session_ends_with_its_lifetime(driver: KeepAliveDriver) -> None:
    """Speaker and listener are notified once, and the session is no longer due."""
    _, session = driver.speaking()
    driver.now = driver.session(session).expires_at - 60
    speaker = driver.connect("user")
    driver.container.sessions.attach(
        driver.session(session), connection_id=speaker, instead_of=None, request=None, now=driver.now
    )
    listener = driver.listening(session)
    driver.now += 60
    driver.run()
    driver.now += 120
    driver.run()

    assert driver.session(session).end_reason is EndReason.EXPIRED
    for connection in (speaker, listener):
        assert driver.pusher.types(connection) == ["sessionEnded"]
        assert driver.pusher.arrived[connection][0]["reason"] == "expired"
    assert driver.due_now() == []


def test_a_grace_period_does_not_extend_the_lifetime(driver: KeepAliveDriver) -> None:
    """A speaker who goes shortly before it leaves a session that ends on time, by whichever way they go."""
    sessions: list[tuple[str, str]] = []
    for gone in (True, False):
        speaker, session = driver.speaking()
        sessions.append((session, driver.listening(session)))
        driver.now = START + UNLIMITED.session_lifetime - 100
        attachment = driver.connection(speaker).attachment
        assert attachment is not None
        grace_until = driver.now + UNLIMITED.speaker_grace
        if gone:
            driver.container.connections.close(
                driver.connection(speaker), grace_until=grace_until, retry_budget=RetryBudget.USUAL
            )
        else:
            driver.container.sessions.detach(speaker, attachment, grace_until=grace_until, request=None)
        driver.now = START

    driver.now = START + UNLIMITED.session_lifetime
    driver.run()

    for session, listener in sessions:
        assert driver.session(session).end_reason is EndReason.EXPIRED
        assert "sessionEnded" in driver.pusher.types(listener)


def test_a_speaker_who_resumes_at_the_last_moment_keeps_the_session(driver: KeepAliveDriver) -> None:
    """What the index says may be old; the end is on condition of what stands in the table."""
    speaker, session = driver.speaking()
    driver.container.connections.close(
        driver.connection(speaker), grace_until=driver.now + 300, retry_budget=RetryBudget.USUAL
    )
    driver.now += 300
    stale = [
        page for shard in range(16) for page in driver.due_index.sessions(shard, since=0, until=driver.now)
    ]
    driver.now -= 1
    driver.container.sessions.attach(
        driver.session(session),
        connection_id=driver.connect("user"),
        instead_of=None,
        request=None,
        now=driver.now,
    )
    driver.now += 1
    driver.keep_alive().end_if_due(stale[0][0])

    assert driver.session(session).status is Status.ACTIVE


def test_a_skipped_minute_does_no_harm(driver: KeepAliveDriver) -> None:
    """What was due is done a minute later, and the connection still lives."""
    connection = driver.connect()
    driver.now += 360 + 60
    driver.run()

    assert driver.pusher.types(connection) == ["keepAlive"]
    assert driver.connection(connection).due_at == driver.now + 360


def test_an_unreachable_connection_is_tried_again(driver: KeepAliveDriver) -> None:
    """Nothing is recorded, so that the next run finds it due."""
    connection = driver.connect()
    driver.pusher.silent.add(connection)
    driver.now += 360
    driver.run()
    driver.pusher.silent.clear()
    driver.now += 60
    driver.run()

    assert driver.pusher.types(connection) == ["keepAlive"]


def test_a_management_api_that_refuses_fails_the_run_but_ends_sessions(driver: KeepAliveDriver) -> None:
    """A run that can push to nobody must be seen to fail; what needs no push is done."""
    speaker, session = driver.speaking()
    driver.container.connections.close(
        driver.connection(speaker), grace_until=driver.now + 300, retry_budget=RetryBudget.USUAL
    )
    driver.connect()
    driver.now += 360
    driver.pusher.refusal = PushConfigurationError()

    with pytest.raises(PushConfigurationError):
        driver.run()
    assert driver.session(session).status is Status.ENDED


def test_an_unreadable_shard_delays_no_other(driver: KeepAliveDriver) -> None:
    """It is read a minute later."""
    connections = [driver.connect() for _ in range(4)]
    driver.now += 360
    broken = due_shard(connections[0])

    def refuse(sent: SentRequest, send: Callable[[], Response]) -> Response:
        if sent.arguments.get("ExpressionAttributeValues", {}).get(":shard") == {"S": broken}:
            raise NoResponseError("unreachable")
        return send()

    with intercepted(dynamodb.client(), by=refuse):
        driver.run()
    reached = [one for one in connections if due_shard(one) != broken]
    assert [driver.pusher.types(one) for one in reached] == [["keepAlive"]] * len(reached)
    assert driver.pusher.types(connections[0]) == []
    assert driver.recorder.counts["KeepAliveLeft"] == 2

    driver.run()
    assert driver.pusher.types(connections[0]) == ["keepAlive"]


def test_overlapping_runs_send_each_notice_once(driver: KeepAliveDriver) -> None:
    """Four runs at once: pings may double, notices do not, sessions end once."""
    connections = [driver.connect() for _ in range(20)]
    speaker, session = driver.speaking()
    listener = driver.listening(session)
    driver.container.connections.close(
        driver.connection(speaker), grace_until=driver.now + 300, retry_budget=RetryBudget.USUAL
    )
    driver.now += 6600 + UNLIMITED.refresh_jitter
    runs = [threading.Thread(target=driver.run) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    for connection in connections:
        assert driver.pusher.types(connection) == ["connectionRefreshRequired"]
    assert driver.recorder.counts["SessionsEnded"] == 1
    assert "sessionEnded" in driver.pusher.types(listener)
    driver.now += 31
    driver.run()
    assert driver.due_now() == []


def test_a_keep_alive_run_beside_joins_and_disconnects_leaves_the_counts_right(
    driver: KeepAliveDriver, disturbance: Disturbance
) -> None:
    """The run finds a third of the listeners gone, while others disconnect and join; later runs repair."""
    driver.redeploy(replace(UNLIMITED, max_listeners=16, listeners_per_shard=4))
    _, session_id = driver.speaking()
    listeners = [driver.listening(session_id) for _ in range(12)]
    driver.now += 360
    vanished, leaving, staying = listeners[:4], listeners[4:8], listeners[8:]
    newer = [driver.connect() for _ in range(8)]
    driver.pusher.gone = set(vanished)
    disturbance.at_once(
        [
            driver.run,
            *[lambda one=one: driver.disconnect(one) for one in leaving],
            *[lambda one=one: driver.join(one, session_id) and None for one in newer],
        ]
    )
    assert driver.listener_count(session_id) <= 16
    for _ in range(3):
        driver.now += 60
        driver.run()
    present = set(driver.listener_ids(session_id))
    assert set(staying) <= present <= set(staying) | set(newer)
    assert driver.listener_count(session_id) == len(present)
    check_session(driver, session_id)
    for one in newer:
        if one not in present:
            driver.join(one, session_id)
    assert driver.listener_count(session_id) == 12


def test_a_long_list_is_paged_and_continued_where_time_ran_out(driver: KeepAliveDriver) -> None:
    """Each invocation does a page; together they do everything once."""
    small = KeepAliveDriver(page=2)
    connections = [small.connect() for _ in range(30)]
    small.now += 360
    left, invocations = all_scans(small.now), 0
    while left:
        looks = iter([True])
        left = small.keep_alive()(left, has_time=lambda looks=looks: next(looks, False))
        invocations += 1

    assert invocations > 10
    assert [small.pusher.types(connection) for connection in connections] == [["keepAlive"]] * 30


def test_a_scan_continues_from_where_it_stopped(driver: KeepAliveDriver) -> None:
    """The cursor is a moment, not an id, so that no id is in an event."""
    small = KeepAliveDriver(page=1)
    first = small.connect()
    small.now += 30
    second = next(
        one
        for one in iter(small.connect, None)
        if scans_for("connections", one) == scans_for("connections", first)
    )
    (unit,) = scans_for("connections", first)
    small.now = START + 600
    looks = iter([True])
    left = small.keep_alive()([unit], has_time=lambda: next(looks, False))

    assert small.pusher.types(first) == ["keepAlive"]
    assert small.pusher.types(second) == []
    assert left == (ShardScan("connections", unit.shard, START + 30 + 360),)


class Crash(BaseException):
    """The invocation ends here, as by a time-out."""


class CrashAt:
    """Ends a run before, or just after, its nth call to DynamoDB."""

    def __init__(self, number: int, moment: str) -> None:
        self.left = number
        self.happened = False
        self._moment = moment
        self._lock = threading.Lock()

    def handle(self, _: SentRequest, send: Callable[[], Response]) -> Response:
        if self._moment == "before":
            self._called()
        response = send()
        if self._moment == "after":
            self._called()
        return response

    def _called(self) -> None:
        with self._lock:
            self.left -= 1
            if self.left == 0:
                self.happened = True
        if self.happened:
            raise Crash


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_next_run_completes_a_run_that_crashed_at_any_call(driver: KeepAliveDriver, moment: str) -> None:
    """Whatever call it is, the next run leaves everything as one whole run would have left it."""
    number = 0
    crashed = True
    while crashed:
        number += 1
        there = KeepAliveDriver(replace(UNLIMITED, session_lifetime=7000))
        pinged = there.connect()
        speaker, session = there.speaking()
        listener, gone = there.listening(session), there.listening(session)
        there.now += 100
        left_behind, expiring = there.speaking()
        hearer = there.listening(expiring)
        there.container.connections.close(
            there.connection(left_behind), grace_until=there.now + 200, retry_budget=RetryBudget.USUAL
        )
        there.pusher.gone |= {gone, speaker}
        there.now = START + 360
        work = [
            *scans_for("sessions", session, expiring),
            *scans_for("connections", pinged, speaker, listener, gone, hearer),
        ]
        crash = CrashAt(number, moment)
        with intercepted(dynamodb.client(), by=crash.handle), suppress(Crash):
            there.run(work)
        crashed = crash.happened
        there.now += 60
        there.run(work)

        assert set(there.pusher.types(pinged)) == {"keepAlive"}, number
        assert set(there.pusher.types(listener)) - {"sessionUpdated"} == {"keepAlive"}, number
        assert "sessionEnded" in there.pusher.types(hearer), number
        assert there.listener_count(session) == 1, number
        assert there.container.connections.get(gone) is None, number
        assert there.session(session).grace_until in {START + 360 + 300, START + 420 + 300}, number
        assert there.session(expiring).end_reason is EndReason.SPEAKER_GONE, number
        there.now += 60
        there.run(work)
        assert there.due_now() == [], number
    assert number > 15


def test_an_operator_ends_a_session_by_its_lifetime(driver: KeepAliveDriver) -> None:
    """The update of docs/operations.md ends the session in the next run, and listeners are informed."""
    _, session_id = driver.speaking()
    listener = driver.listening(session_id)
    driver.now += 5
    boto3_client().update_item(
        TableName=dynamodb.table("SESSIONS_TABLE"),
        Key={"sessionId": {"S": session_id}},
        UpdateExpression="SET expiresAt = :now, dueAt = :now",
        ConditionExpression="attribute_exists(dueShard)",
        ExpressionAttributeValues={":now": {"N": str(driver.now)}},
    )
    driver.run()

    assert driver.session(session_id).end_reason is EndReason.EXPIRED
    assert driver.pusher.types(listener) == ["sessionEnded"]

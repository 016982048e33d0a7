"""The audience's channel beside direct pushes: each listener gets everything, on one of the two."""

import threading
from collections.abc import Generator, Sequence
from dataclasses import replace

import pytest

from domain.delivery import QUEUE_SECONDS
from domain.errors import UnavailableError
from domain.model import Position
from fan_out.tasks import CHANNEL, MAX_CHANNEL_RETRIES, FanOutTask, flush_task, to_json, to_task
from tests.support.dynamodb_faults import watched
from tests.support.fake_management_api import Answer, Got, ManagementApi
from tests.support.fakes import FakeChannel
from tests.support.publish_driver import PublishDriver
from tests.support.session_driver import UNLIMITED
from tests.support.tables import names
from use_cases.publish import SECONDS_FOR_CHANNEL, SECONDS_TO_APPEND_AND_SEND

pytestmark = pytest.mark.emulator


@pytest.fixture
def driver(tables: object, callbacks: ManagementApi, channel: None) -> Generator[PublishDriver]:
    """A stack whose channel is for every session."""
    driver = PublishDriver(callbacks, replace(UNLIMITED, channel_audience=0), channel=FakeChannel())
    yield driver
    driver.close()


def channel_of(driver: PublishDriver) -> FakeChannel:
    assert driver.channel is not None
    return driver.channel


def heard_on_channel(driver: PublishDriver, language: str = "es") -> list[int]:
    """Return the offsets of the messages on a language's channel."""
    return [
        one["offset"]
        for push in channel_of(driver).pushes(language)
        for one in push.get("messages", [push])
        if one["type"] == "message"
    ]


def serve(driver: PublishDriver) -> None:
    """Serve all that is queued in one invocation, after a way through JSON."""
    tasks, driver.queue.tasks = [to_task(to_json(task)) for task in driver.queue.tasks], []
    assert driver.container.fan_out_consumer(tasks) == [None] * len(tasks)


def test_direct_and_channel_listeners_of_a_session_each_get_each_message_once(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    on_channel, _ = driver.join_listener(session_id, on_channel=True)
    for data in ("a", "b"):
        driver.publish(speaker, data)
    assert driver.heard(direct) == [(1, "a"), (2, "b")]
    assert driver.heard(on_channel) == []
    assert heard_on_channel(driver) == [1, 2]
    assert driver.queue.tasks == []


def test_a_message_is_one_request_for_each_language_of_the_channel(driver: PublishDriver) -> None:
    """However many listeners there are, and none for a language that has only direct ones."""
    speaker, session_id = driver.speaking()
    for language in ("es", "es", "es", "fr"):
        driver.join_listener(session_id, language, on_channel=True)
    driver.join_listener(session_id, "de")
    driver.publish(speaker, "a", targetLanguages=["fr", "de"])
    published = sorted(channel_of(driver).published)
    assert [(one, language) for one, language, _ in published] == [(session_id, "es"), (session_id, "fr")]
    assert [pushes[0].get("skipped", False) for _, _, pushes in published] == [True, False]
    assert driver.recorder.counts["ChannelPublished"] == 2


def test_a_session_without_listeners_on_the_channel_publishes_nothing_there(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id)
    driver.publish(speaker, "a")
    assert channel_of(driver).published == []


def test_a_publish_after_the_reply_reaches_the_listener_on_the_channel(driver: PublishDriver) -> None:
    """The publishing instance has the session cached without the language."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.publish(speaker, "a")
    _, reply = driver.join_listener(session_id, listener=listener, on_channel=True)
    driver.publish(speaker, "b")
    assert (reply["offset"], driver.heard(listener), heard_on_channel(driver)) == (1, [(1, "a")], [2])
    _, reply = driver.join_listener(session_id, listener=listener)
    driver.publish(speaker, "c")
    assert (reply["offset"], driver.heard(listener)) == (2, [(1, "a"), (3, "c")])


def test_a_message_of_before_the_change_is_pushed_though_the_row_is_on_the_channel(
    driver: PublishDriver,
) -> None:
    """Its publish read the session before the channel had the language, and the listeners after that."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.publish(speaker, "a")
    before = driver.session(session_id)
    (entry,) = driver.container.message_log.at(session_id, before.epoch, [1])
    driver.join_listener(session_id, listener=listener, on_channel=True)
    driver.container.fan_out.publish(before, entry)
    assert driver.heard(listener) == [(1, "a"), (1, "a")]
    assert heard_on_channel(driver) == []


def test_the_reply_of_a_change_replays_what_the_channel_did_not_carry(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    listener, reply = driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=500)
    driver.publish(speaker, "a")
    driver.api.answer = lambda _: Answer()
    before = len(driver.heard(listener))
    position = Position(epoch=reply["epoch"], offset=0)
    _, reply = driver.join_listener(session_id, position=position, listener=listener, on_channel=True)
    assert (reply["replayed"], driver.heard(listener)[before:]) == (1, [(1, "a")])


def test_a_failed_channel_is_retried_by_the_queue_and_direct_listeners_get_nothing_twice(
    driver: PublishDriver,
) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    for language in ("es", "fr"):
        driver.join_listener(session_id, language, on_channel=True)
    channel_of(driver).away = {"es"}
    driver.publish(speaker, "a")
    (task,) = driver.queue.tasks
    assert (task.shard, task.channel_languages, task.offset) == (CHANNEL, ("es",), 1)
    assert (driver.heard(direct), heard_on_channel(driver), heard_on_channel(driver, "fr")) == (
        [(1, "a")],
        [],
        [1],
    )
    channel_of(driver).away = set()
    serve(driver)
    assert driver.queue.tasks == []
    assert (driver.heard(direct), heard_on_channel(driver), heard_on_channel(driver, "fr")) == (
        [(1, "a")],
        [1],
        [1],
    )
    assert driver.recorder.counts["ChannelFailed"] == 1


def test_a_task_whose_channel_fails_is_retried_and_the_shards_beside_it_are_served(
    driver: PublishDriver,
) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    driver.join_listener(session_id, on_channel=True)
    channel_of(driver).away = {"es"}
    driver.publish(speaker, "a")
    (failed,), driver.queue.tasks = driver.queue.tasks, []
    shard = replace(failed, shard=0, shards=0)
    assert driver.container.fan_out_consumer([failed, shard]) == [None, None]
    assert driver.heard(direct) == [(1, "a"), (1, "a")]
    assert driver.queue.tasks == [replace(failed, retry=1)]


def test_a_retry_publishes_only_to_the_languages_that_failed(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    for language in ("es", "fr"):
        driver.join_listener(session_id, language, on_channel=True)
    channel_of(driver).away = {"es", "fr"}
    driver.publish(speaker, "a")
    channel_of(driver).away = {"es"}
    serve(driver)
    serve(driver)
    channel_of(driver).away = set()
    serve(driver)
    assert (heard_on_channel(driver), heard_on_channel(driver, "fr")) == ([1], [1])
    assert driver.queue.tasks == []


@pytest.mark.parametrize("has_event", [False, True])
def test_a_channel_that_goes_on_to_fail_has_its_listeners_pushed_to(
    driver: PublishDriver, *, has_event: bool
) -> None:
    """As if there were no channel, in all shards that were in use."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id, on_channel=True)
    driver.container.sessions.open_shards(session_id, 2)
    channel_of(driver).away = {"es"}
    if has_event:
        driver.update(speaker, quality="premium")
    else:
        driver.publish(speaker, "a")
    for _ in range(1 + MAX_CHANNEL_RETRIES):
        assert driver.api.pushes(listener) == []
        serve(driver)
    assert sorted(task.shard for task in driver.queue.tasks) == list(
        range(driver.session(session_id).shards_in_use)
    )
    serve(driver)
    assert [push["type"] for push in driver.api.pushes(listener)] == [
        "sessionUpdated" if has_event else "message"
    ]
    assert driver.queue.tasks == []


def test_a_failure_of_the_channel_that_cannot_be_queued_is_redelivered(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    channel_of(driver).away = {"es"}
    driver.publish(speaker, "a")
    (failed,) = driver.queue.tasks
    driver.queue.is_away = True
    for retry in (0, MAX_CHANNEL_RETRIES):
        (result,) = driver.container.fan_out_consumer([replace(failed, retry=retry)])
        assert isinstance(result, UnavailableError)


def test_duplicate_tasks_publish_once(driver: PublishDriver) -> None:
    """The queue delivers a task at least once."""
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    channel_of(driver).away = {"es"}
    driver.publish(speaker, "a")
    channel_of(driver).away = set()
    driver.queue.tasks *= 2
    serve(driver)
    assert heard_on_channel(driver) == [1]


def test_a_publish_that_can_use_neither_the_channel_nor_the_queue_fails(driver: PublishDriver) -> None:
    """The speaker repeats it, and gets its offset."""
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    channel_of(driver).away, driver.queue.is_away = {"es"}, True
    with pytest.raises(UnavailableError):
        driver.publish(speaker, "a", request_id="r")
    channel_of(driver).away, driver.queue.is_away = set(), False
    assert driver.publish(speaker, "a", request_id="r")["offset"] == 1
    assert heard_on_channel(driver) == [1]


def test_a_repeat_is_sent_to_the_channels_that_the_session_has_by_now(driver: PublishDriver) -> None:
    """The publishing instance has the session cached without the language."""
    speaker, session_id = driver.speaking()
    driver.publish(speaker, "a", request_id="r")
    listener, _ = driver.join_listener(session_id, on_channel=True)
    assert driver.publish(speaker, "a", request_id="r")["offset"] == 1
    assert (driver.heard(listener), heard_on_channel(driver)) == ([], [1])


def test_a_channel_that_does_not_answer_delays_no_direct_listener(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    driver.join_listener(session_id, on_channel=True)
    was_pushed = threading.Event()

    def answer(got: Got) -> Answer:
        if got.connection_id == direct:
            was_pushed.set()
        return Answer()

    class SlowChannel(FakeChannel):
        def publish(self, channel: str, payloads: object) -> None:
            assert was_pushed.wait(20), "the direct listener gets the message first"

    driver.api.answer = answer
    channel_fan_out = driver.container.channel_fan_out
    assert channel_fan_out is not None
    slow = replace(channel_fan_out, channel=SlowChannel())
    fan_out = replace(driver.container.fan_out, channel=slow)
    driver.publish(speaker, "a")
    was_pushed.clear()
    session = driver.session(session_id)
    (entry,) = driver.container.message_log.at(session_id, session.epoch, [1])
    fan_out.publish(session, entry)
    assert driver.heard(direct) == [(1, "a"), (1, "a")]


def test_what_the_pushes_did_not_reach_is_queued_before_the_wait_for_the_channel(
    driver: PublishDriver,
) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    driver.join_listener(session_id, on_channel=True)
    was_queued = threading.Event()
    send = driver.queue.send

    def send_and_say_so(tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        send(tasks, delay_seconds=delay_seconds)
        was_queued.set()

    def wait() -> None:
        assert was_queued.wait(20), "the retry is queued first"

    driver.queue.send = send_and_say_so
    driver.api.answer = lambda _: Answer(status=429)
    channel_of(driver).before = wait
    driver.publish(speaker, "a")
    assert [task.connection_ids for task in driver.queue.tasks] == [(direct,)]
    assert heard_on_channel(driver) == [1]


def test_the_channel_leaves_time_to_queue_what_it_did_not_carry(driver: PublishDriver) -> None:
    """In the function that has the message, and in that of the queue."""
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    deadline, remaining = driver.container.deadline, list[float]()
    channel_of(driver).before = lambda: remaining.append(deadline.remaining())
    channel_of(driver).away = {"es"}
    with deadline.within(29):
        driver.publish(speaker, "a")
        serve(driver)
    assert len(remaining) == 2
    assert max(remaining) <= 29 - QUEUE_SECONDS


def test_a_message_that_no_time_is_left_to_publish_to_the_channel_is_not_appended(
    driver: PublishDriver,
) -> None:
    speaker, session_id = driver.speaking()
    seconds = SECONDS_TO_APPEND_AND_SEND + SECONDS_FOR_CHANNEL - 0.1
    with driver.container.deadline.within(seconds):
        assert driver.publish(speaker, "a")["offset"] == 1
    driver.join_listener(session_id, on_channel=True)
    with driver.container.deadline.within(seconds), pytest.raises(UnavailableError):
        driver.publish(speaker, "b")
    assert driver.session(session_id).head == 1


def test_updates_and_the_end_reach_listeners_on_the_channel(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    direct, _ = driver.join_listener(session_id)
    listener, _ = driver.join_listener(session_id, on_channel=True)
    driver.update(speaker, quality="premium")
    driver.end(speaker)
    pushes = channel_of(driver).pushes("es")
    assert [push["type"] for push in pushes] == ["sessionUpdated", "sessionEnded"]
    assert driver.api.pushes(direct) == pushes
    assert driver.api.pushes(listener) == []


def test_the_absence_and_the_return_of_the_speaker_reach_them_too(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    driver.disconnect(speaker)
    driver.resume(driver.connect("user"), session_id)
    driver.now += UNLIMITED.session_lifetime
    driver.container.end_session.end_if_due(driver.session(session_id))
    pushes = channel_of(driver).pushes("es")
    assert [push["type"] for push in pushes] == ["sessionUpdated", "sessionUpdated", "sessionEnded"]
    assert ["graceEndsAt" in push for push in pushes] == [True, False, False]


def test_an_end_that_the_channel_did_not_carry_is_retried_by_the_queue(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    channel_of(driver).away = {"es"}
    driver.end(speaker)
    channel_of(driver).away = set()
    serve(driver)
    assert [push["type"] for push in channel_of(driver).pushes("es")] == ["sessionEnded"]


def test_an_audience_on_the_channel_leaves_no_shard_to_the_queue(driver: PublishDriver) -> None:
    large = driver.with_settings(direct_fan_out=1, listeners_per_shard=2, max_listeners=6)
    speaker, session_id = large.speaking()
    large.container.sessions.open_shards(session_id, 3)
    for _ in range(6):
        large.join_listener(session_id, on_channel=True)
    large.publish(speaker, "a")
    assert (heard_on_channel(large), large.queue.tasks) == ([1], [])
    large.close()


def test_shards_of_the_queue_leave_out_whom_the_channel_serves(driver: PublishDriver) -> None:
    """Also a listener that goes to the channel while the tasks wait."""
    large = driver.with_settings(direct_fan_out=0)
    speaker, session_id = large.speaking()
    direct, _ = large.join_listener(session_id)
    on_channel, _ = large.join_listener(session_id, on_channel=True)
    changing, _ = large.join_listener(session_id, "es")
    large.publish(speaker, "a")
    assert heard_on_channel(large) == [1]
    large.join_listener(session_id, listener=changing, on_channel=True)
    serve(large)
    assert [large.heard(one) for one in (direct, on_channel, changing)] == [[(1, "a")], [], []]
    large.close()


def test_a_retry_for_a_connection_reaches_it_though_it_is_on_the_channel_by_now(
    driver: PublishDriver,
) -> None:
    """It gets the message twice, and discards one by its offset."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id)
    driver.api.answer = lambda _: Answer(status=429)
    driver.publish(speaker, "a")
    driver.join_listener(session_id, listener=listener, on_channel=True)
    driver.api.answer = lambda _: Answer()
    before = len(driver.heard(listener))
    serve(driver)
    assert driver.heard(listener)[before:] == [(1, "a")]


def test_the_messages_of_an_interval_are_one_push_on_the_channel(driver: PublishDriver) -> None:
    """The end follows them."""
    waiting = driver.with_settings(coalescing_interval=2, coalescing_audience=0)
    speaker, session_id = waiting.speaking()
    direct, _ = waiting.join_listener(session_id)
    waiting.join_listener(session_id, on_channel=True)
    for data in ("a", "b"):
        waiting.publish(speaker, data)
    assert channel_of(waiting).published == []
    waiting.now += 2
    assert waiting.container.fan_out_consumer([flush_task(waiting.session(session_id), 1)]) == [None]
    serve(waiting)
    waiting.publish(speaker, "c")
    waiting.end(speaker)
    serve(waiting)
    types = [push["type"] for push in channel_of(waiting).pushes("es")]
    assert types == ["batch", "message", "sessionEnded"]
    assert heard_on_channel(waiting) == [1, 2, 3]
    assert [offset for offset, _ in waiting.heard(direct)] == [1, 2, 3]
    waiting.close()


def test_a_channel_gets_entries_in_order_and_then_events(driver: PublishDriver) -> None:
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id)
    for data in ("a", "b"):
        driver.publish(speaker, data)
    epoch = driver.session(session_id).epoch
    first = FanOutTask(session_id=session_id, shard=CHANNEL, channel_languages=("es",), epoch=epoch, offset=1)
    second, end = replace(first, offset=2), replace(first, offset=0, count=0, event={"type": "sessionEnded"})
    queued = [to_task(to_json(task)) for task in (end, second, first)]
    assert driver.container.fan_out_consumer(queued) == [None] * 3
    (published,) = channel_of(driver).published
    assert [push.get("offset") for push in published[2]] == [1, 2, None]


def test_no_event_overtakes_messages_that_could_not_be_read(driver: PublishDriver) -> None:
    """One task has both, as at the end of a session that coalesces, or each has its own."""
    speaker, session_id = driver.speaking()
    driver.join_listener(session_id, on_channel=True)
    driver.publish(speaker, "a")
    channel_of(driver).published.clear()
    epoch = driver.session(session_id).epoch
    both = FanOutTask(
        session_id=session_id,
        shard=CHANNEL,
        channel_languages=("es",),
        epoch=epoch,
        offset=1,
        event={"type": "sessionEnded"},
    )
    message, event = replace(both, event=None), replace(both, offset=0, count=0)
    for tasks in ([both], [message, event]):
        with watched(table=names()["MESSAGES_TABLE"]):
            failures = driver.container.fan_out_consumer(tasks)
        assert [isinstance(failure, UnavailableError) for failure in failures] == [True] * len(tasks)
        assert channel_of(driver).published == []
    assert driver.container.fan_out_consumer([both]) == [None]
    (published,) = channel_of(driver).published
    assert [push["type"] for push in published[2]] == ["message", "sessionEnded"]


def test_a_task_of_a_former_release_serves_everyone(driver: PublishDriver) -> None:
    """No channel had its content."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id, on_channel=True)
    driver.publish(speaker, "a")
    epoch = driver.session(session_id).epoch
    former = to_task(f'{{"sessionId":"{session_id}","shard":0,"epoch":"{epoch}","offset":1}}')
    assert driver.container.fan_out_consumer([former]) == [None]
    assert driver.heard(listener) == [(1, "a")]


def test_a_stack_whose_channel_was_removed_pushes_to_everyone(driver: PublishDriver) -> None:
    """Also what was queued before, for a shard or for the channel."""
    speaker, session_id = driver.speaking()
    listener, _ = driver.join_listener(session_id, on_channel=True)
    without = PublishDriver(driver.api, driver.settings)
    without.publish(speaker, "a")
    assert without.heard(listener) == [(1, "a")]
    queued = [
        FanOutTask(
            session_id=session_id,
            shard=shard,
            epoch=without.session(session_id).epoch,
            offset=1,
            channel_languages=("es",),
            shards=shard == CHANNEL,
        )
        for shard in (0, CHANNEL)
    ]
    for task in queued:
        before = len(without.heard(listener))
        assert without.container.fan_out_consumer([task]) == [None]
        serve(without)
        assert without.heard(listener)[before:] == [(1, "a")]
    without.close()


def test_a_task_names_the_languages_of_the_channel_in_its_message() -> None:
    for task in (
        FanOutTask(
            session_id="s", shard=CHANNEL, epoch="e", offset=1, channel_languages=("es", "fr"), shards=3
        ),
        FanOutTask(session_id="s", shard=CHANNEL, epoch="e", offset=1, channel_languages=("es",), retry=2),
        FanOutTask(session_id="s", shard=3, event={"type": "x"}, channel_languages=("es",)),
        FanOutTask(
            session_id="s", shard=CHANNEL, epoch="e", count=0, event={"type": "x"}, channel_languages=("es",)
        ),
        FanOutTask(session_id="s", shard=3, epoch="e", offset=1),
    ):
        assert to_task(to_json(task)) == task
    assert "channel" not in to_json(FanOutTask(session_id="s", shard=3, epoch="e", offset=1))

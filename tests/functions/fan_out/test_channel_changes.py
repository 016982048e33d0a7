"""No message and no state is lost while a listener changes to the channel or from it.

Each test runs a join beside a publish, an update or an end, which interrupt each other between any of their
steps: their calls to the stores, to the channel and to the connections. The client must have everything in
the end without any further request.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.delivery import Delivery, Outcome
from domain.errors import SessionEndedError
from domain.message_log import Body
from domain.model import Caller, Position
from domain.ports import sequential_map
from domain.settings import Limits, Settings
from tests.support.fakes import FakeQueue
from tests.support.memory_stores import memory_stores
from tests.support.schedules import Schedule, ScheduledMemory, every_schedule
from tests.support.session_driver import SessionDriver, offers_for
from wire.pushes import Message

SETTINGS = Settings(limits=Limits(enabled=False), max_listeners=10_000, channel_audience=0)
"""No two listeners choose the same slot, so that a schedule has the same steps each time."""


@dataclass
class Client:
    """A listener: what it has received on its open connections and on the channels that it subscribes to."""

    connections: set[str] = field(default_factory=set[str])
    channels: set[str] = field(default_factory=set[str])
    pushes: list[Message] = field(default_factory=list[Message])

    @property
    def offsets(self) -> set[int]:
        messages = [one for push in self.pushes for one in push.get("messages", [push])]
        return {one["offset"] for one in messages if one["type"] == "message"}


class World:
    """A stack in memory, its speaker and one client, whose steps a schedule orders."""

    def __init__(self, *, direct_fan_out: int = 100) -> None:
        self.memory = ScheduledMemory()
        self.queue = FakeQueue()
        self.client = Client()
        self.driver = SessionDriver(
            replace(SETTINGS, direct_fan_out=direct_fan_out),
            {
                **memory_stores(self.memory),
                "pusher": self,
                "audience_channel": self,
                "channel_offers": offers_for(SETTINGS),
                "queue": self.queue,
                "parallel_map": sequential_map,
                "channel_map": sequential_map,
                "sleep": lambda _: None,
            },
        )
        self.speaker, self.session_id = self.driver.speaking()
        self.epoch = self.driver.session(self.session_id).epoch
        self.replies: list[Message] = []
        self.instances = [self.driver.cold_start() for _ in range(2)]

    def deliver(self, deliveries: Sequence[Delivery], *, retry_throttled: bool = True) -> list[Outcome]:
        """Push; a connection that is not open is gone."""
        self._step()
        for delivery in deliveries:
            if delivery.connection_id in self.client.connections:
                self.client.pushes += map(json.loads, delivery.payloads)
        return [Outcome.DELIVERED] * len(deliveries)

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        return [Outcome.GONE] * len(connection_ids)

    def publish(self, channel: str, payloads: Sequence[bytes]) -> None:
        """Publish to a channel; those who do not subscribe to it get nothing."""
        self._step()
        if channel.rpartition("/")[2] in self.client.channels:
            self.client.pushes += map(json.loads, payloads)

    def connect(self) -> str:
        connection_id = self.driver.connect()
        self.client.connections.add(connection_id)
        return connection_id

    def join(self, connection_id: str, language: str = "es", *, on_channel: bool = False) -> None:
        position = Position(epoch=self.epoch, offset=0)
        try:
            reply = self.driver.join(
                connection_id, self.session_id, language=language, position=position, on_channel=on_channel
            )
        except SessionEndedError:
            reply = {"type": "error"}
        self.replies.append(reply)

    def say(self, data: str, instance: int = 0) -> None:
        caller = Caller(connection_id=self.speaker, subject="user", address="address")
        body = Body(data=data, content_type="text/plain", encoding="utf8")
        self.instances[instance].publish(caller, body=body, target_languages=None, request_id=None)

    def update(self) -> None:
        self.driver.update(self.speaker, quality="premium")

    def end(self) -> None:
        self.driver.end(self.speaker)

    def run(self, schedule: Schedule, *operations: Callable[[], object]) -> None:
        """Run the operations by the schedule, then serve the queue."""
        self.memory.schedule = schedule
        schedule.run(*operations)
        self.memory.schedule = None
        while self.queue.tasks:
            tasks, self.queue.tasks = self.queue.tasks, []
            assert not any(self.driver.container.fan_out_consumer(tasks))

    def _step(self) -> None:
        if self.memory.schedule is not None:
            self.memory.schedule.pause()


def to_channel(world: World) -> Callable[[], None]:
    """The client has subscribed, and says so on the connection that it has."""
    listener = world.connect()
    world.join(listener)
    world.client.channels = {"es"}
    return lambda: world.join(listener, on_channel=True)


def from_channel(world: World) -> Callable[[], None]:
    """The client has lost its subscription."""
    listener = world.connect()
    world.join(listener, on_channel=True)
    return lambda: world.join(listener)


def to_another_language(world: World) -> Callable[[], None]:
    """The client no longer takes what comes in the first language."""
    listener = world.connect()
    world.join(listener, on_channel=True)
    return lambda: world.join(listener, "fr")


def straight_to_another_channel(world: World) -> Callable[[], None]:
    """The client subscribes to the second language already."""
    listener = world.connect()
    world.join(listener, on_channel=True)
    world.client.channels = {"fr"}
    return lambda: world.join(listener, "fr", on_channel=True)


def handover(world: World) -> Callable[[], None]:
    """A second connection joins on the channel that the client subscribes to."""
    world.join(world.connect(), on_channel=True)
    world.client.channels = {"es"}
    world.client.connections.clear()
    listener = world.connect()
    return lambda: world.join(listener, on_channel=True)


def first_on_the_channel(world: World) -> Callable[[], None]:
    """A client of another stack's session, say, that joins with its subscription at once."""
    world.client.channels = {"es"}
    listener = world.connect()
    return lambda: world.join(listener, on_channel=True)


def reconnect_without_subscription(world: World) -> Callable[[], None]:
    """Both the connection and the subscription were lost."""
    world.join(world.connect(), on_channel=True)
    world.client.connections.clear()
    listener = world.connect()
    return lambda: world.join(listener)


CHANGES = [
    to_channel,
    from_channel,
    to_another_language,
    straight_to_another_channel,
    handover,
    first_on_the_channel,
    reconnect_without_subscription,
]
Change = Callable[[World], Callable[[], None]]


def complete(world: World) -> None:
    """Every message was replayed or pushed where the client receives."""
    head = world.driver.session(world.session_id).head
    assert world.client.offsets == set(range(1, head + 1))


@pytest.mark.parametrize(
    ("change", "direct_fan_out"), [*((one, 100) for one in CHANGES), (to_channel, 0), (from_channel, 0)]
)
def test_a_message_during_a_change_is_received(change: Change, direct_fan_out: int) -> None:
    def run(schedule: Schedule) -> None:
        world = World(direct_fan_out=direct_fan_out)
        world.say("before")
        join = change(world)
        world.run(schedule, join, lambda: world.say("meanwhile"))
        world.say("after")
        world.run(Schedule([]), lambda: world.say("after that"))
        assert world.driver.session(world.session_id).head == 4
        complete(world)

    assert every_schedule(run) > 10


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.lists(st.integers(0, 3), max_size=40),
    st.sampled_from([0, 100]),
    st.booleans(),
)
def test_messages_of_two_instances_during_two_changes_are_received(
    change: Change, choices: Sequence[int], direct_fan_out: int, other_language_changes: bool
) -> None:
    """Each instance has the session of its own last message cached; another listener changes as well."""
    world = World(direct_fan_out=direct_fan_out)
    for instance in range(2):
        world.say("before", instance)
    join = change(world)
    other = world.driver.connect()
    language = "de" if other_language_changes else "es"
    world.run(
        Schedule(choices),
        join,
        lambda: [world.say(data, 0) for data in ("a", "b")],
        lambda: [world.say(data, 1) for data in ("c", "d")],
        lambda: world.driver.join(other, world.session_id, language=language, on_channel=True),
    )
    assert world.driver.session(world.session_id).head == 6
    complete(world)


@pytest.mark.parametrize("change", [to_channel, from_channel, to_another_language, handover])
def test_an_update_during_a_change_is_known(change: Change) -> None:
    """By the reply, or by a push where the client receives."""

    def run(schedule: Schedule) -> None:
        world = World()
        join = change(world)
        world.run(schedule, join, world.update)
        newest = world.driver.session(world.session_id).version
        states: list[dict[str, Any]] = [*world.replies[-1:], *world.client.pushes]
        assert max(state.get("version", 0) for state in states) == newest

    assert every_schedule(run) > 10


@pytest.mark.parametrize("change", [to_channel, from_channel, to_another_language, handover])
def test_the_end_during_a_change_is_known(change: Change) -> None:
    def run(schedule: Schedule) -> None:
        world = World()
        world.say("before")
        join = change(world)
        world.run(schedule, join, world.end)
        is_known = (
            world.replies[-1]["type"] == "error"
            or world.replies[-1]["status"] == "ended"
            or "sessionEnded" in {push["type"] for push in world.client.pushes}
        )
        assert is_known
        complete(world)

    assert every_schedule(run) > 10


def test_without_the_read_after_the_row_the_schedules_find_a_lost_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So they would find a change whose steps have another order."""
    monkeypatch.setattr("use_cases.join_session.LONGEST_JOIN_SECONDS", 0)
    lost: list[set[int]] = []

    def run(schedule: Schedule) -> None:
        world = World()
        join = from_channel(world)
        world.run(schedule, join, lambda: world.say("meanwhile"))
        lost.append({1} - world.client.offsets)

    every_schedule(run)
    assert {1} in lost

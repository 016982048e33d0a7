"""A speaker, listeners, and a network between them that loses, doubles, delays and reorders; all by a seed.

One thread, so that a seed gives the same run each time. What takes time elsewhere takes a turn here; each
message is a turn, and a second where messages wait for each other.
"""

import itertools
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

from domain.errors import SessionError, UnavailableError
from domain.events import SessionJoined
from domain.message_log import Body
from domain.model import Caller, Position, Reset
from domain.ports import sequential_map
from domain.settings import Limits, Settings
from tests.support.fakes import FakeQueue
from tests.support.memory_stores import Memory, memory_stores
from tests.support.network import Chances, ChannelNetwork, Network
from tests.support.received_messages import ReceivedMessages
from tests.support.session_driver import SessionDriver, offers_for

SETTINGS = Settings(
    limits=Limits(enabled=False),
    direct_fan_out=8,
    listeners_per_shard=10,
    max_listeners=40,
    log_max_count=400,
)

GAP, SILENCE = 3, 20
"""Turns for which a listener waits: for what it knows to be missing, and with nothing heard."""


class Simulation:
    """The functions on stores in memory, and everyone around them."""

    def __init__(
        self,
        seed: int,
        *,
        listeners: int,
        chances: Chances | None = None,
        settings: Settings = SETTINGS,
        has_channel: bool = False,
    ) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- repeatable on purpose
        self.chances = chances or Chances()
        self.memory = Memory()
        self.network = Network(self.chance, self.chances)
        self.queue = FakeQueue()
        self.channel = ChannelNetwork(self.chance, self.chances)
        self.driver = SessionDriver(
            settings,
            {
                **memory_stores(self.memory),
                "pusher": self.network,
                "audience_channel": self.channel if has_channel else None,
                "channel_offers": offers_for(settings) if has_channel else None,
                "queue": self.queue,
                "parallel_map": sequential_map,
                "channel_map": sequential_map,
                "sleep": lambda _: None,
            },
        )
        self.instances = [self.driver.cold_start() for _ in range(2)]
        self.join = self.driver.container.join_session
        self.ending = self.driver.container.end_session
        self._numbers = itertools.count(1)
        self.speaker = self.connect("user")
        created = self.driver.create(self.speaker)
        self.session_id, self.epoch = created["sessionId"], created["epoch"]
        self.published: dict[int, str] = {}
        self.gone: list[str] = []
        kind = ChannelListener if has_channel else Listener
        self.listeners = [kind(self) for _ in range(listeners)]
        for listener in self.listeners:
            listener.come()
        self.memory.before = self.memory.after = self._may_fail

    def turn(self, number: int) -> None:
        """One message, and what else happens meanwhile."""
        if self.chance.random() < self.chances.speaker_cut:
            self._change_speaker()
        data = f"message {number}"
        offset = self._until_answered(data, f"request {number}")
        assert self.published.setdefault(offset, data) == data
        self._serve_flushes()
        self._serve_queue(self.chances.late_task)
        self.network.settle(at_most=len(self.network.held) // 2)
        for listener in self.listeners:
            listener.turn()
        self._tell_disconnects()
        if self.chance.random() >= self.chances.late_task:
            self._count_listeners()

    def end(self) -> None:
        """The speaker ends the session, whatever goes wrong; the last messages are still on their way."""
        while True:
            try:
                self.ending.as_speaker(self.speaker)
            except UnavailableError:
                continue
            return

    def finish(self, turns: int = 500) -> None:
        """Nothing goes wrong any more: everyone comes, and asks for what is missing."""
        self.memory.before = self.memory.after = lambda _: None
        self.network.chances = self.channel.chances = self.chances = Chances(
            **dict.fromkeys(Chances.__dataclass_fields__, 0.0)
        )
        for _ in range(turns):
            self._serve_flushes()
            self._serve_queue(0)
            self.network.settle()
            for listener in self.listeners:
                listener.turn()
            self._tell_disconnects()
            if self.session_id in self.memory.unannounced:  # as the keep-alive finds it
                self.ending.end_if_due(self.driver.session(self.session_id))
            is_over = self.driver.session(self.session_id).ended_at is not None
            if all(one.is_done if is_over else one.has_all for one in self.listeners):
                return

    def connect(self, subject: str | None = None) -> str:
        """Open a connection; its id depends on the run alone, and so do the shards."""
        connection_id = f"c{next(self._numbers):08}="
        self.driver.open(connection_id, subject)
        return connection_id

    def went(self, connection_id: str) -> None:
        """A connection ended; its `$disconnect` comes once, twice, later or never."""
        self.network.open.pop(connection_id, None)
        if self.chance.random() >= self.chances.disconnect_lost:
            self.gone.append(connection_id)
            if self.chance.random() < self.chances.disconnect_doubled:
                self.gone.append(connection_id)

    def _until_answered(self, data: str, request_id: str) -> int:
        body = Body(data=data, content_type="text/plain", encoding="utf8")
        while True:
            publish = self.chance.choice(self.instances).publish
            caller = Caller(connection_id=self.speaker, subject="user", address="address")
            try:
                published = publish(caller, body=body, target_languages=None, request_id=request_id)
            except UnavailableError:
                continue
            return published.offset

    def _change_speaker(self) -> None:
        while True:
            try:
                newer = self.connect("user")
                self.driver.resume(newer, self.session_id)
            except UnavailableError:
                continue
            self.speaker = newer
            return

    def _serve_queue(self, late: float) -> None:
        tasks, self.queue.tasks = self.queue.tasks, []
        self.chance.shuffle(tasks)
        for task in tasks:
            if self.chance.random() < self.chances.lost_task:
                continue
            if self.chance.random() < late:
                self.queue.tasks.append(task)
                continue
            times = 2 if self.chance.random() < self.chances.doubled_task else 1
            if any(self.driver.container.fan_out_consumer([task])[0] for _ in range(times)):
                self.queue.tasks.append(replace(task, receive_count=task.receive_count + 1))

    def _serve_flushes(self) -> None:
        """Serve the flushes whose delay has passed: a second is a turn."""
        flushes, self.queue.flushes = self.queue.flushes, []
        if flushes:
            self.driver.now += 1
        for flush, delay in flushes:
            if delay > 1:
                self.queue.flushes.append((flush, delay - 1))
                continue
            if self.chance.random() < self.chances.lost_task:
                continue
            times = 2 if self.chance.random() < self.chances.doubled_task else 1
            if any(self.driver.container.fan_out_consumer([flush])[0] for _ in range(times)):
                self.queue.flushes.append((flush, 1))

    def _count_listeners(self) -> None:
        """Do what the stream of slots leads to."""
        with suppress(UnavailableError):
            self.driver.container.presence(self.session_id)

    def _tell_disconnects(self) -> None:
        telling, self.gone = self.gone, []
        for connection_id in telling:
            try:
                self.driver.disconnect(connection_id)
            except UnavailableError:
                self.gone.append(connection_id)

    def _may_fail(self, _: str) -> None:
        if self.chance.random() < self.chances.failed_call / 2:
            raise UnavailableError


class Listener:
    """Joins and leaves, and requests what it misses. It knows only the messages that it received."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.received = ReceivedMessages()
        self.connection_id: str | None = None
        self.head = 0
        self.end: int | None = None
        self.waited = 0
        self.probes = 0
        """Requests because something was missing, or nothing was heard."""

    @property
    def has_all(self) -> bool:
        """What only the test knows."""
        return self.received.position == len(self.simulation.published)

    @property
    def is_done(self) -> bool:
        """It knows of the end, and has everything up to it."""
        return self.end is not None and self.received.position >= self.end

    def come(self) -> None:
        """Connect, and join at the position reached."""
        simulation = self.simulation
        try:
            self.connection_id = simulation.connect()
        except UnavailableError:
            return
        simulation.network.open[self.connection_id] = self.receive
        self.ask()

    def ask(self) -> None:
        """Join, or ask again, with the position; a failure is tried again in a later turn."""
        simulation, connection_id = self.simulation, self.connection_id
        head = len(simulation.published)
        self.waited = 0
        position = Position(epoch=simulation.epoch, offset=self.received.position)
        try:
            joined = self.join(Caller(connection_id=connection_id, subject=None, address="address"), position)
        except SessionError as error:
            if error.retry_after is None:
                self.go()
            return
        self.head = joined.session.head
        if joined.end_reason is not None:
            self.end = self.head
        if isinstance(joined.replay, Reset):
            assert position.offset < head + 1 - SETTINGS.log_max_count
            self.received.reset(self.head)
        elif joined.replay.more:
            self.waited = GAP

    def join(self, caller: Caller, position: Position) -> SessionJoined:
        """Send joinSession; return its result."""
        simulation = self.simulation
        return simulation.join(
            caller, session_id=simulation.session_id, target_language="es", position=position
        )

    def go(self) -> None:
        """Leave, as a lost network does."""
        if self.connection_id is not None:
            self.simulation.went(self.connection_id)
            self.connection_id = None

    def receive(self, push: dict[str, Any]) -> None:
        """A push arrived."""
        if push["type"] == "batch":
            self.received.batches += 1
            for one in push["messages"]:
                self.receive(one)
            return
        self.head = max(self.head, push["offset"])
        if push["type"] == "message":
            self.received.take(push["offset"], push["data"])
        else:
            self.end = push["offset"]
        if self.received.position >= self.head:
            self.waited = 0

    def turn(self) -> None:
        """Notice what happened, and now and then do something."""
        simulation = self.simulation
        if self.is_done:
            self.go()
        elif self.connection_id is None:
            if simulation.chance.random() >= simulation.chances.stays_away:
                self.come()
        elif (
            self.connection_id not in simulation.network.open
            or simulation.chance.random() < simulation.chances.listener_goes
        ):
            self.go()
        else:
            self.waited += 1
            if self.waited > (GAP if self.received.position < self.head else SILENCE):
                self.probes += 1
                self.ask()


class ChannelListener(Listener):
    """Follows the offers of the audience's channel, loses it now and then, and changes its language."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(simulation)
        self.language = "es"
        self.subscribed: str | None = None
        self.is_on_channel = False
        self.received_on_channel = 0

    def join(self, caller: Caller, position: Position) -> SessionJoined:
        """Join where it receives; subscribe to what is offered, and join again then."""
        on_channel = self.subscribed == self.language
        joined = self.simulation.join(
            caller,
            session_id=self.simulation.session_id,
            target_language=self.language,
            position=position,
            on_channel=on_channel,
        )
        self.is_on_channel = joined.on_channel
        if joined.channel is not None and not on_channel:
            self._unsubscribe()
            self.subscribed = joined.channel.name.rpartition("/")[2]
            self.simulation.channel.subscribers.setdefault(self.subscribed, []).append(self._take)
            return self.join(caller, Position(epoch=position.epoch, offset=self.received.position))
        return joined

    def turn(self) -> None:
        """Lose the channel now and then, and notice it at once; or want another language."""
        chance, chances = self.simulation.chance, self.simulation.chances
        super().turn()
        if self.connection_id is None or self.is_done:
            return
        if self.subscribed is not None and chance.random() < chances.channel_lost:
            self._unsubscribe()
            self.ask()
        elif chance.random() < chances.changes_language:
            self.language = chance.choice(["es", "fr", "de"])
            self.ask()

    def _take(self, push: dict[str, Any]) -> None:
        self.received_on_channel += 1
        self.receive(push)

    def _unsubscribe(self) -> None:
        if self.subscribed is not None:
            self.simulation.channel.subscribers[self.subscribed].remove(self._take)
            self.subscribed = None

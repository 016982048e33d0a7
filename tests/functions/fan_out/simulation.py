"""A speaker, listeners, and a network between them that loses, doubles, delays and reorders; all by a seed.

One thread, so that a seed gives the same run each time. What takes time elsewhere takes a turn here; each
message is a turn.
"""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sessions.access import Caller
from sessions.clear_away import ClearAway
from sessions.delivery import Delivery, Outcome
from sessions.errors import SessionError, UnavailableError
from sessions.fan_out import FanOut
from sessions.hook import Processing
from sessions.join_session import JoinSession
from sessions.model import Position
from sessions.publish import Publish
from sessions.replay import LogReplayer
from sessions.serve_shards import ServeShards
from sessions.settings import Limits, Settings
from tests.account import Account
from tests.functions.fan_out.memory_log import MemoryMessageLog
from tests.functions.fan_out.stage import Queue
from tests.functions.memory import Memory
from tests.functions.world import World

SETTINGS = Settings(
    limits=Limits(enabled=False),
    direct_fan_out=8,
    listeners_per_shard=10,
    max_listeners=40,
    log_max_count=400,
)


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Of each thing that can go wrong, at each occasion."""

    unreachable: float = 0.01
    unclosable: float = 0.2
    lost_in_flight: float = 0.002
    held_back: float = 0.1
    doubled_task: float = 0.1
    late_task: float = 0.2
    failed_call: float = 0.01
    speaker_cut: float = 0.005
    listener_goes: float = 0.01
    stays_away: float = 0.95
    disconnect_lost: float = 0.2
    disconnect_doubled: float = 0.2


@dataclass
class Network:
    """Carries pushes to whoever is connected. Implements the port Pusher."""

    chance: random.Random
    chances: Chances
    open: dict[str, Callable[[dict[str, Any]], None]] = field(
        default_factory=dict[str, Callable[[dict[str, Any]], None]]
    )
    held: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._deliver(delivery) for delivery in deliveries]

    def disconnect(self, connection_ids: Sequence[str]) -> list[Outcome]:
        return [self._close(connection_id) for connection_id in connection_ids]

    def settle(self, at_most: int | None = None) -> None:
        """Let what was held back arrive, in any order."""
        self.chance.shuffle(self.held)
        arriving, self.held = self.held[:at_most], self.held[len(self.held[:at_most]) :]
        for connection_id, payload in arriving:
            if connection_id in self.open:
                self.open[connection_id](json.loads(payload))

    def _close(self, connection_id: str) -> Outcome:
        if self.chance.random() < self.chances.unclosable:
            return Outcome.THROTTLED
        return Outcome.GONE if self.open.pop(connection_id, None) is None else Outcome.DELIVERED

    def _deliver(self, delivery: Delivery) -> Outcome:
        for payload in delivery.payloads:
            receive = self.open.get(delivery.connection_id)
            if receive is None:
                return Outcome.GONE
            draw = self.chance.random()
            if draw < self.chances.unreachable:
                return self.chance.choice([Outcome.UNREACHABLE, Outcome.THROTTLED])
            if draw < self.chances.unreachable + self.chances.lost_in_flight:
                del self.open[delivery.connection_id]
            elif self.chance.random() < self.chances.held_back:
                self.held.append((delivery.connection_id, payload))
            else:
                receive(json.loads(payload))
        return Outcome.DELIVERED


class Simulation:
    """The functions on stores in memory, and everyone around them."""

    def __init__(self, seed: int, *, listeners: int, chances: Chances | None = None) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- repeatable on purpose
        self.chances = chances or Chances()
        self.memory = Memory()
        self.world = World.in_memory(SETTINGS, self.memory)
        self.log = MemoryMessageLog(self.memory)
        self.network = Network(self.chance, self.chances)
        self.queue = Queue()
        clear_away = ClearAway(
            departed=self.world.disconnect, listeners=self.world.listeners, journal=self.world.notes
        )
        self.fan_out = FanOut(
            listeners=self.world.listeners,
            pusher=self.network,
            queue=self.queue,
            clear_away=clear_away,
            settings=SETTINGS,
            journal=self.world.notes,
            metrics=self.world.notes,
        )
        self.serve = ServeShards(
            listeners=self.world.listeners,
            log=self.log,
            pusher=self.network,
            queue=self.queue,
            clear_away=clear_away,
            metrics=self.world.notes,
        )
        self.instances = [self._publisher() for _ in range(2)]
        self.join = JoinSession(
            sessions=self.world.sessions,
            listeners=self.world.listeners,
            rate_limits=self.world.rate_limits,
            replayer=LogReplayer(
                log=self.log, pusher=self.network, settings=SETTINGS, clock=self.world.clock
            ),
            settings=SETTINGS,
            metrics=self.world.notes,
            clock=self.world.clock,
        )
        self._numbers = itertools.count(1)
        self.speaker = self.connect("user")
        created = self.world.create(self.speaker)
        self.session_id, self.epoch = created["sessionId"], created["epoch"]
        self.published: dict[int, str] = {}
        self.gone: list[str] = []
        self.listeners = [Listener(self) for _ in range(listeners)]
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
        self._serve_queue(self.chances.late_task)
        self.network.settle(at_most=len(self.network.held) // 2)
        for listener in self.listeners:
            listener.turn()
        self._tell_disconnects()

    def finish(self, turns: int = 500) -> None:
        """Nothing goes wrong any more: everyone comes, and asks for what is missing."""
        self.memory.before = self.memory.after = lambda _: None
        self.network.chances = self.chances = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 0.0))
        for _ in range(turns):
            self._serve_queue(0)
            self.network.settle()
            for listener in self.listeners:
                listener.turn()
            self._tell_disconnects()
            if all(one.account.position == len(self.published) for one in self.listeners):
                return

    def connect(self, subject: str | None = None) -> str:
        """Open a connection; its id depends on the run alone, and so do the shards."""
        connection_id = f"c{next(self._numbers):08}="
        self.world.open(connection_id, subject)
        return connection_id

    def went(self, connection_id: str) -> None:
        """A connection ended; its `$disconnect` comes once, twice, later or never."""
        self.network.open.pop(connection_id, None)
        if self.chance.random() >= self.chances.disconnect_lost:
            self.gone.append(connection_id)
            if self.chance.random() < self.chances.disconnect_doubled:
                self.gone.append(connection_id)

    def _publisher(self) -> Publish:
        return Publish(
            sessions=self.world.sessions,
            connections=self.world.connections,
            log=self.log,
            fan_out=self.fan_out,
            processing=Processing(
                hook=None, settings=SETTINGS, journal=self.world.notes, metrics=self.world.notes
            ),
            settings=SETTINGS,
            clock=self.world.clock,
            pause=lambda _: None,
        )

    def _until_answered(self, data: str, request_id: str) -> int:
        while True:
            publish = self.chance.choice(self.instances)
            caller = Caller(connection_id=self.speaker, subject="user", address="address")
            try:
                return publish(caller, {"data": data}, request_id)["offset"]
            except UnavailableError:
                continue

    def _change_speaker(self) -> None:
        while True:
            try:
                newer = self.connect("user")
                self.world.resume(newer, self.session_id)
            except UnavailableError:
                continue
            self.speaker = newer
            return

    def _serve_queue(self, late: float) -> None:
        tasks, self.queue.tasks = self.queue.tasks, []
        self.chance.shuffle(tasks)
        for task in tasks:
            if self.chance.random() < late:
                self.queue.tasks.append(task)
                continue
            times = 2 if self.chance.random() < self.chances.doubled_task else 1
            if any(self.serve([task])[0] for _ in range(times)):
                self.queue.tasks.append(replace(task, receipt=task.receipt + 1))

    def _tell_disconnects(self) -> None:
        telling, self.gone = self.gone, []
        for connection_id in telling:
            try:
                self.world.disconnect(connection_id)
            except UnavailableError:
                self.gone.append(connection_id)

    def _may_fail(self, _: str) -> None:
        if self.chance.random() < self.chances.failed_call / 2:
            raise UnavailableError


class Listener:
    """Comes and goes, and asks for what it misses."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.account = Account()
        self.connection_id: str | None = None
        self.patience = 0

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
        self.patience = 3
        position = Position(epoch=simulation.epoch, offset=self.account.position)
        try:
            reply = simulation.join(
                Caller(connection_id=connection_id, subject=None, address="address"),
                session_id=simulation.session_id,
                target_language="es",
                position=position,
            )
        except SessionError as error:
            if error.retry_after is None:
                self.go()
            return
        if reply.get("reset"):
            assert position.offset < head + 1 - SETTINGS.log_max_count
            self.account.reset(reply["offset"])
        elif reply.get("more"):
            self.patience = 0

    def go(self) -> None:
        """Leave, as a lost network does."""
        if self.connection_id is not None:
            self.simulation.went(self.connection_id)
            self.connection_id = None

    def receive(self, push: dict[str, Any]) -> None:
        """A push arrived."""
        if push["type"] == "message":
            self.account.take(push["offset"], push["data"])

    def turn(self) -> None:
        """Notice what happened, and now and then do something."""
        simulation = self.simulation
        if self.connection_id is None:
            if simulation.chance.random() >= simulation.chances.stays_away:
                self.come()
        elif (
            self.connection_id not in simulation.network.open
            or simulation.chance.random() < simulation.chances.listener_goes
        ):
            self.go()
        elif self.account.position < len(simulation.published):
            self.patience -= 1
            if self.patience <= 0:
                self.ask()
        else:
            self.patience = 3

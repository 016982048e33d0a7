"""A session whose billed units are counted while the functions' use cases run on real tables.

Time is the clock of the driver. The clients wait as the client library does.
"""

import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any
from unittest.mock import patch

from adapters.fan_out_queue import MAX_BATCH_MESSAGES
from domain.digest import use_key
from domain.model import Caller, Position
from domain.settings import Settings
from fan_out.tasks import FanOutTask, FlushTask
from handlers.request import body_of
from tests.support.dynamodb_meter import Units, metered
from tests.support.fakes import FakeChannel
from tests.support.keep_alive_driver import KeepAliveDriver
from tests.support.session_driver import new_id
from tests.support.tables import clear_tables
from websocket_sessions.capacity.operations import CHANNEL_UNIT_BYTES, SILENCE_JITTER
from websocket_sessions.client.timings import Timings
from wire.pushes import encode
from wire.replies import published

TIMINGS = Timings()
CHANNEL = {
    "CHANNEL_PUBLISH_URL": "https://channel.example/event",
    "CHANNEL_SUBSCRIBE_URL": "wss://channel.example/event/realtime",
}
"""The environment of functions in a stack that has an audience's channel."""


@dataclass
class CountingQueue:
    """The fan-out queue, whose requests to SQS are counted.

    Each task is delivered alone: the event source mapping receives it with one request and deletes it with
    another. Polls of an empty queue are a fixed cost that the estimate leaves out.
    """

    tasks: list[FanOutTask | FlushTask] = field(default_factory=list[FanOutTask | FlushTask])
    delayed: list[FlushTask] = field(default_factory=list[FlushTask])
    requests: int = 0

    def send(self, tasks: Sequence[FanOutTask], *, delay_seconds: int = 0) -> None:
        self.requests += ceil(len(tasks) / MAX_BATCH_MESSAGES)
        self.tasks += tasks

    def flush_later(self, flushes: Sequence[tuple[FlushTask, int]]) -> None:
        self.requests += 1
        for task, delay_seconds in flushes:
            (self.delayed if delay_seconds else self.tasks).append(task)

    def retry_soon(self, received: Sequence[tuple[str, int]]) -> None:
        raise AssertionError("every task is served at its first receive")

    def received(self) -> Iterator[FanOutTask | FlushTask]:
        """Return each task; it is then deleted."""
        while self.tasks:
            self.requests += 2
            yield self.tasks.pop(0)


@dataclass
class Client:
    """One connected client and its waits."""

    connection_id: str
    heard_at: int
    position: Position | None = None
    silences: int = 0
    check_at: float = float("inf")


@dataclass
class Counted:
    """A session whose traffic is counted: messages and invocations here, units at the DynamoDB client."""

    driver: KeepAliveDriver
    units: Units
    queue: CountingQueue
    settings: Settings
    channel: FakeChannel | None = None
    """The channel that all listeners follow, if the stack has one."""
    speaker: Client = field(init=False)
    listeners: list[Client] = field(default_factory=list[Client])
    requests: int = 0
    invocations: int = 0
    published: int = 0
    subscriptions: int = 0
    session_id: str = ""
    subject: str = field(default_factory=lambda: new_id("user"))

    def start(self, listeners: int) -> None:
        """Create the session; its listeners join one after another."""
        self.speaker = Client(self._connect(self.subject), self.driver.now)
        reply = self._request(
            lambda: self.driver.create(self.speaker.connection_id, self.subject, request_id="create")
        )
        self.session_id = reply["sessionId"]
        for _ in range(listeners):
            self.listeners.append(self._join(None))

    def pass_minute(self) -> None:
        """Let a minute pass: the clients' checks, then the scheduled run."""
        until = self.driver.now + 60
        for second in range(self.driver.now + 1, until + 1):
            self.driver.now = second
            for client in self._clients():
                self._act(client)
        before = len(self.driver.pusher.deliveries)
        self.driver.run()
        self.invocations += 1
        for delivery in self.driver.pusher.deliveries[before:]:
            self._client(delivery.connection_id).heard_at = self.driver.now

    def publish(self, data: str) -> None:
        """Publish a message; every client hears of it."""
        offset = self.append(data)
        self.serve_queue()
        for listener in self.listeners:
            assert listener.position is not None
            listener.position = replace(listener.position, offset=offset)
            self._hear(listener)
        self.speaker.heard_at = self.driver.now

    def append(self, data: str) -> int:
        """Publish a message, and leave the queue alone; return its offset."""
        self.published += 1
        caller = Caller(connection_id=self.speaker.connection_id, subject=self.subject, address="address")
        reply = self._request(
            lambda: published(
                self.driver.container.publish(
                    caller,
                    body=body_of({"data": data}),
                    target_languages=None,
                    request_id=f"publish-{self.published}",
                )
            )
        )
        return reply["offset"]

    def pass_interval(self) -> None:
        """Let an interval of coalescing pass, or a second, and serve the tasks that were delayed by it."""
        self.driver.now += max(1, self.settings.coalescing_interval)
        self.queue.tasks += self.queue.delayed
        self.queue.delayed = []
        self.serve_queue()

    def serve_queue(self) -> None:
        """Serve all tasks of the queue that are not delayed, and those that they queue."""
        for task in self.queue.received():
            self.invocations += 1
            assert self.driver.container.fan_out_consumer([task]) == [None]

    def reconnect(self) -> None:
        """Replace every connection."""
        for number, listener in enumerate(self.listeners):
            self._disconnect(listener)
            self.listeners[number] = self._join(listener.position)
        self.reconnect_speaker()

    def lose(self, number: int) -> Client:
        """Disconnect one listener, which misses what is published until it recovers."""
        lost = self.listeners.pop(number)
        self._disconnect(lost)
        return lost

    def recover(self, lost: Client) -> None:
        """Let a lost listener join by a new connection, at its position."""
        self.listeners.append(self._join(lost.position))

    def reconnect_speaker(self) -> None:
        """Replace the speaker's connection."""
        self._disconnect(self.speaker)
        self.speaker = Client(self._connect(self.subject), self.driver.now)
        self._request(
            lambda: self.driver.resume(
                self.speaker.connection_id, self.session_id, request_id=self.speaker.connection_id
            )
        )

    def stop(self) -> None:
        """Disconnect everybody, the speaker last."""
        for client in (*self.listeners, self.speaker):
            self._disconnect(client)

    @property
    def messages(self) -> int:
        """Metered WebSocket messages: a request and its reply, and each push."""
        pushes = sum(len(delivery.payloads) for delivery in self.driver.pusher.deliveries)
        return 2 * self.requests + pushes

    @property
    def channel_operations(self) -> int:
        """Operations of AppSync Events: connects, subscriptions, and units of 5 KB in and out."""
        units = sum(ceil(len(encode(push)) / CHANNEL_UNIT_BYTES) for push in self._channel_pushes())
        return 2 * self.subscriptions + units * (1 + self.subscriptions)

    def _channel_pushes(self) -> list[dict[str, Any]]:
        published = self.channel.published if self.channel else []
        return [push for _, _, pushes in published for push in pushes]

    @property
    def message_sizes(self) -> list[int]:
        """Bytes of each message that was pushed to a listener, or delivered to it by the channel."""
        payloads = [payload for push in self.driver.pusher.deliveries for payload in push.payloads]
        pushes = [*map(json.loads, payloads), *self._channel_pushes() * self.subscriptions]
        messages = [one for push in pushes for one in push.get("messages", [push])]
        return [len(encode(one)) for one in messages if one["type"] == "message"]

    def _clients(self) -> Iterator[Client]:
        yield from (self.speaker, *self.listeners)

    def _client(self, connection_id: str) -> Client:
        return next(client for client in self._clients() if client.connection_id == connection_id)

    def _connect(self, subject: str | None = None) -> str:
        """Connect from an address of its own. The authorizer and `$connect` are two invocations."""
        self.driver.now += 1
        self.invocations += 2
        return self.driver.connect(subject, address=f"address-{self.driver.now}")

    def _join(self, position: Position | None) -> Client:
        client = Client(self._connect(), self.driver.now)
        reply = self._request(
            lambda: self.driver.join(
                client.connection_id,
                self.session_id,
                position=position,
                address=f"address-{self.driver.now}",
            )
        )
        client.position = Position(epoch=reply["epoch"], offset=reply["offset"])
        if self.channel is not None:
            self._follow_channel(client, reply["channel"])
        self._hear(client)
        self._inform_speaker()
        return client

    def _follow_channel(self, client: Client, offer: dict[str, str]) -> None:
        """Subscribe to the channel, about which the authorizer is asked twice, and join on it."""
        for operation, name in (("EVENT_CONNECT", ""), ("EVENT_SUBSCRIBE", offer["name"])):
            self.invocations += 1
            self.driver.container.authorize_channel(offer["authorization"], operation, name)
        self.subscriptions += 1
        reply = self._request(
            lambda: self.driver.join(
                client.connection_id, self.session_id, position=client.position, on_channel=True
            )
        )
        assert reply["onChannel"] is True

    def _disconnect(self, client: Client) -> None:
        self.driver.now += 1
        self.invocations += 1
        self.driver.disconnect(client.connection_id)
        if client is not self.speaker:
            self._inform_speaker()

    def _inform_speaker(self) -> None:
        """Handle the change of a count, as the stream's function does."""
        self.invocations += 1
        self.driver.container.presence(self.session_id)

    def _request(self, send: Any) -> dict[str, Any]:
        self.requests += 1
        self.invocations += 1
        return send()

    def _hear(self, client: Client) -> None:
        client.heard_at, client.silences = self.driver.now, 0
        client.check_at = self.driver.now + TIMINGS.silence_seconds * SILENCE_JITTER

    def _act(self, client: Client) -> None:
        """Send what the client library sends in a silence."""
        if self.driver.now >= client.heard_at + TIMINGS.heartbeat_seconds:
            self.requests += 1
            client.heard_at = self.driver.now
        if self.driver.now >= client.check_at:
            client.silences += 1
            wait = (
                min(TIMINGS.silence_seconds * 2**client.silences, TIMINGS.silence_cap_seconds)
                * SILENCE_JITTER
            )
            self._request(
                lambda: self.driver.join(
                    client.connection_id,
                    self.session_id,
                    position=client.position,
                    on_channel=self.channel is not None,
                )
            )
            client.heard_at, client.check_at = self.driver.now, self.driver.now + wait


@contextmanager
def counted_session(settings: Settings, *, has_channel: bool = False) -> Generator[Counted]:
    """Yield a session without listeners, on empty tables, in a stack that has a channel or none."""
    clear_tables()
    queue = CountingQueue()
    channel = FakeChannel() if has_channel else None
    use_key("key of a stack" if has_channel else "")
    with patch.dict(os.environ, CHANNEL if has_channel else {}), metered() as units:
        driver = KeepAliveDriver(settings, queue=queue, channel=channel)
        yield Counted(driver=driver, units=units, queue=queue, settings=settings, channel=channel)

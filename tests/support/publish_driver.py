"""Drives publishing and recovery on real tables, with a management API of the test's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from adapters.aws.credentials import Credentials
from adapters.management_api.sender import BlockingSender, Sender
from adapters.management_api.sender_limits import RetrySchedule, SenderLimits
from domain.model import Caller, EndReason, Position, SpeakerAuthority
from domain.ports import Hook
from domain.settings import Settings
from handlers.request import body_of, target_languages_of
from tests.support.fake_management_api import Answer, ManagementApi
from tests.support.fakes import FakeChannel, FakeQueue
from tests.support.session_driver import UNLIMITED, SessionDriver
from wire.pushes import Message
from wire.replies import published

if TYPE_CHECKING:
    from container import Overrides

QUICK = SenderLimits(
    response_timeout_seconds=2.0,
    connect_timeout_seconds=2.0,
    on_failure=RetrySchedule(attempts=3, first_wait_seconds=0.001, max_wait_seconds=0.001),
    on_throttling=RetrySchedule(attempts=6, first_wait_seconds=0.001, max_wait_seconds=0.001),
)


def pusher_to(api: ManagementApi, limits: SenderLimits) -> BlockingSender:
    """Return a sender to a management API."""
    return BlockingSender(
        lambda: Sender(
            api.url,
            region="us-east-1",
            credentials=lambda: Credentials(access_key="AKID", secret_key="secret"),
            limits=limits,
        )
    )


class PublishDriver(SessionDriver):
    """A speaker who publishes, and listeners whose connections the management API stands for."""

    def __init__(
        self,
        api: ManagementApi,
        settings: Settings = UNLIMITED,
        hook: Hook | None = None,
        channel: FakeChannel | None = None,
    ) -> None:
        self.api = api
        self.queue = FakeQueue()
        self.pusher = pusher_to(api, QUICK)
        self._hook = hook
        self.channel = channel
        overrides: Overrides = {"pusher": self.pusher, "queue": self.queue, "hook": hook}
        super().__init__(settings, {**overrides, "audience_channel": channel})

    @property
    def settings(self) -> Settings:
        return self.container.settings

    def close(self) -> None:
        """Close the connections to the management API."""
        self.pusher.close()

    def join_listener(
        self,
        session_id: str,
        language: str = "es",
        position: Position | None = None,
        listener: str = "",
        *,
        on_channel: bool = False,
    ) -> tuple[str, Message]:
        """Join by a new connection, or by one that has joined before; return its id and the reply."""
        connection_id = listener or self.connect()
        reply = self.join(
            connection_id, session_id, language=language, position=position, on_channel=on_channel
        )
        return connection_id, reply

    def publish(self, speaker: str, data: str, request_id: str | None = None, **fields: Any) -> Message:
        """Publish by the warm instance; return the reply."""
        caller = Caller(connection_id=speaker, subject="user", address="address")
        message = {"data": data, **fields}
        return published(
            self.container.publish(
                caller,
                body=body_of(message),
                target_languages=target_languages_of(message),
                request_id=request_id,
            )
        )

    def serve_queue(self) -> None:
        """Serve the tasks that publishes left to the queue, and the tasks that follow from them."""
        while self.queue.tasks:
            tasks, self.queue.tasks = self.queue.tasks, []
            assert not any(self.container.fan_out_consumer(tasks))

    def join_in_each_shard(self, session_id: str, at_least: int) -> list[str]:
        """Join until every shard has `at_least` listeners; return all of them."""
        listeners: list[str] = []
        for shard in range(self.session(session_id).shards):
            self.container.sessions.open_shards(session_id, shard + 1)
            while len(self.container.listeners.page(session_id, shard).listeners) < at_least:
                listeners.append(self.join_listener(session_id)[0])
        return listeners

    def mark_ended(self, session_id: str, by: SpeakerAuthority) -> None:
        """End the session in the table, and announce nothing."""
        soon = self.now + 60
        self.container.sessions.end(
            session_id, reason=EndReason.ENDED, by=by, now=self.now, ttl=soon, announce_by=soon
        )

    def slow_down_one_in_each_shard(self, session_id: str, listeners: Sequence[str]) -> None:
        """Answer one listener of each shard only after all the others."""
        slow = {
            self.container.listeners.page(session_id, number).listeners[0].connection_id
            for number in range(self.settings.shards)
        }
        others = frozenset(listeners) - slow
        self.api.answer = lambda got: Answer(after=others if got.connection_id in slow else frozenset())

    def heard(self, listener: str) -> list[tuple[int, str | None]]:
        """Return offsets and data of the messages pushed to a listener; None for skipped ones."""
        return [
            (one["offset"], one.get("data"))
            for push in self.api.pushes(listener)
            for one in push.get("messages", [push])
            if one["type"] == "message"
        ]

    def with_settings(self, **changes: Any) -> Self:
        """Return a driver of the same tables and management API under other settings."""
        return type(self)(self.api, replace(self.settings, **changes), self._hook, self.channel)

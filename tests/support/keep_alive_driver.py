"""Drives keep-alive runs over sessions and connections on real tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapters.dynamodb.due_index import DynamoDBDueIndex
from adapters.dynamodb.session_items import due_shard
from domain.settings import Settings
from fan_out.tasks import TaskQueue
from keep_alive.run import DUE_SHARDS, KeepAlive, ShardScan, all_scans
from tests.support.fakes import FakeChannel, FakePusher, NoQueue
from tests.support.session_driver import UNLIMITED, SessionDriver

if TYPE_CHECKING:
    from container import Overrides


class KeepAliveDriver(SessionDriver):
    """Connections that get pings and notices from runs, and are disconnected by them."""

    def __init__(
        self,
        settings: Settings = UNLIMITED,
        page: int = 100,
        queue: TaskQueue | None = None,
        channel: FakeChannel | None = None,
    ) -> None:
        self.pusher = FakePusher()
        overrides: Overrides = {"pusher": self.pusher, "queue": queue or NoQueue()}
        super().__init__(settings, {**overrides, "audience_channel": channel})
        self.due_index = DynamoDBDueIndex(self.container.sessions, page)
        self._overrides["due_index"] = self.due_index
        self.container = self.cold_start()

    def keep_alive(self) -> KeepAlive:
        """Return what a cold instance of the scheduled function has."""
        return self.cold_start().keep_alive

    def run(self, work: Sequence[ShardScan] | None = None) -> None:
        """Run to the end."""
        assert self.keep_alive()(work or all_scans(self.now), has_time=lambda: True) == ()

    def due_now(self) -> list[str]:
        """Return the ids of the sessions and connections that are due."""
        due: list[str] = []
        for shard in range(DUE_SHARDS):
            for page in self.due_index.sessions(shard, since=0, until=self.now):
                due += [one.session_id for one in page]
            for connections in self.due_index.connections(shard, since=0, until=self.now):
                due += [one.connection.connection_id for one in connections]
        return due


def scans_for(kind: str, *ids: str) -> list[ShardScan]:
    """Return the units in which these are found."""
    return [ShardScan(kind, shard) for shard in sorted({int(due_shard(one)) for one in ids})]

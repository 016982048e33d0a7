"""Keeps API definitions for a while, so that a change is served soon and a message waits for no read."""

import asyncio
import logging
from collections.abc import Callable

from pulumi_local_aws.gateway.api.control_plane import ControlPlane, ControlPlaneError
from pulumi_local_aws.gateway.api.model import Api

_LOG = logging.getLogger("pulumi_local_aws.gateway")


class Definitions:
    """The APIs as last read. All who wait share one read; one that fails leaves the older version."""

    def __init__(
        self, control_plane: ControlPlane, now: Callable[[], float], *, max_age: float = 1.0
    ) -> None:
        """`max_age` in seconds: how old a definition may be at a `$connect`; five times that for messages."""
        self._control_plane = control_plane
        self._now = now
        self._max_age = max_age
        self._known: dict[str, tuple[Api, float]] = {}
        self._reading: dict[str, asyncio.Task[Api | None]] = {}

    async def fresh(self, api_id: str) -> Api | None:
        """The API no older than `max_age`; None where it is unknown. Raises ControlPlaneError."""
        known = self._known.get(api_id)
        if known is not None and self._now() - known[1] <= self._max_age:
            return known[0]
        try:
            return await asyncio.shield(self._read(api_id))
        except ControlPlaneError as error:
            if known is None:
                raise
            _LOG.warning("definition api=%s kept: %s", api_id, error)
            return known[0]

    def current(self, api_id: str) -> Api | None:
        """The API as last read, without waiting; an old one is read again in the background."""
        known = self._known.get(api_id)
        if known is None or self._now() - known[1] > 5 * self._max_age:
            self._read(api_id).add_done_callback(_consume)
        return known[0] if known else None

    def _read(self, api_id: str) -> asyncio.Task[Api | None]:
        task = self._reading.get(api_id)
        if task is None:
            task = asyncio.create_task(self._store(api_id))
            self._reading[api_id] = task
            task.add_done_callback(lambda _: self._reading.pop(api_id, None))
        return task

    async def _store(self, api_id: str) -> Api | None:
        api = await self._control_plane.read(api_id)
        if api is None:
            self._known.pop(api_id, None)
        else:
            self._known[api_id] = (api, self._now())
        return api


def _consume(task: asyncio.Task[Api | None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.warning("definition kept: %s", error)

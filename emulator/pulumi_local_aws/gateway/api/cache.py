"""Caches API definitions, so that a change is served soon and a message waits for no read."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from pulumi_local_aws.gateway.api.control_plane import ControlPlane, ControlPlaneError
from pulumi_local_aws.gateway.api.model import Api

_LOGGER = logging.getLogger(__name__)
_STALE_FACTOR = 5
"""A message accepts a definition that is this many times as old as a `$connect` accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFilter:
    """The API and the stage that the gateway serves; None serves all."""

    api_id: str | None = None
    stage: str | None = None

    def apply(self, api: Api | None) -> Api | None:
        """Return the API with the stages that are served, or None if the API is not served."""
        if api is None or self.api_id not in (None, api.api_id):
            return None
        if self.stage is None:
            return api
        return replace(api, stages={name: stage for name, stage in api.stages.items() if name == self.stage})


class ApiCache:
    """The APIs as last read. Concurrent callers share one read; a failed read keeps the older version."""

    def __init__(
        self,
        control_plane: ControlPlane,
        now: Callable[[], float],
        *,
        served: ApiFilter | None = None,
        max_age_seconds: float = 1.0,
    ) -> None:
        """A `$connect` accepts definitions up to `max_age_seconds` old, a message five times that."""
        self._control_plane = control_plane
        self._now = now
        self._served = served or ApiFilter()
        self._max_age_seconds = max_age_seconds
        self._cached: dict[str, tuple[Api, float]] = {}
        self._reads: dict[str, asyncio.Task[Api | None]] = {}

    async def get_fresh(self, api_id: str) -> Api | None:
        """Return the API, read again if it is stale; None if it is unknown. Raises ControlPlaneError."""
        cached = self._cached.get(api_id)
        if cached is not None and self._now() - cached[1] <= self._max_age_seconds:
            return cached[0]
        try:
            return await asyncio.shield(self._read(api_id))
        except ControlPlaneError as error:
            if cached is None:
                raise
            _LOGGER.warning("serving the cached definition of api=%s: %s", api_id, error)
            return cached[0]

    def get_cached(self, api_id: str) -> Api | None:
        """Return the API as last read, or None. A stale definition is read again in the background."""
        cached = self._cached.get(api_id)
        if cached is None or self._now() - cached[1] > _STALE_FACTOR * self._max_age_seconds:
            self._read(api_id).add_done_callback(_log_failure)
        return cached[0] if cached else None

    def _read(self, api_id: str) -> asyncio.Task[Api | None]:
        task = self._reads.get(api_id)
        if task is None:
            task = asyncio.create_task(self._store(api_id))
            self._reads[api_id] = task
            task.add_done_callback(lambda _: self._reads.pop(api_id, None))
        return task

    async def _store(self, api_id: str) -> Api | None:
        api = self._served.apply(await self._control_plane.read(api_id))
        if api is None:
            self._cached.pop(api_id, None)
        else:
            self._cached[api_id] = (api, self._now())
        return api


def _log_failure(task: asyncio.Task[Api | None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOGGER.warning("serving the cached definition: %s", error)

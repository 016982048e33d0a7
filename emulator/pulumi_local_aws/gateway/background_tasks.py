"""Tasks that nothing awaits while the gateway runs."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_LOGGER = logging.getLogger(__name__)


class BackgroundTasks:
    """The running tasks; an exception in one is logged and does not affect the others."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._on_done)

    async def wait_for_any(self) -> None:
        """Wait until at least one of the running tasks has ended."""
        await asyncio.wait(set(self._running), return_when=asyncio.FIRST_COMPLETED)

    async def cancel_all(self) -> None:
        """Cancel the running tasks and wait until they have ended."""
        cancelled = set(self._running)
        for task in cancelled:
            task.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("task failed", exc_info=error)

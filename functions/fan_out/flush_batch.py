"""Sends the batch of a session whose interval has ended (domain/coalescing.py)."""

from dataclasses import dataclass

from domain.coalescing import MAX_MESSAGES
from domain.model import Session, Status
from domain.ports import ConditionFailed, Sessions
from domain.settings import Settings
from fan_out.tasks import FanOutTask, FlushTask, TaskQueue, tasks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushBatch:
    """Closes a batch, then queues its messages for all shards.

    Messages that follow start another batch, whose flush their publish schedules. So no flush queues another
    one, and no chain of invocations grows with the messages. A flush that stops after it closed the batch is
    repeated: the session still has the messages as closed. Listeners discard by offset what they receive
    twice.
    """

    sessions: Sessions
    queue: TaskQueue
    settings: Settings
    has_channel: bool
    """Whether the stack has an audience's channel."""

    def __call__(self, task: FlushTask) -> None:
        """Flush the batch of the task if it still waits. Raises UnavailableError.

        An ended session has its batch sent with its end. If the stack coalesces no longer, this function may
        not use the sessions.
        """
        if not self.settings.coalescing_interval:
            self.queue.send(_tasks_from(task))
            return
        session = self._close(task)
        if session is not None and session.closed is not None:
            self.queue.send(tasks_of(session, session.closed, has_channel=self.has_channel))
            self.sessions.forget_closed(session.session_id, session.closed)

    def _close(self, task: FlushTask) -> Session | None:
        """Return the session with the task's batch among the closed ones, or None if it does not wait."""
        try:
            return self.sessions.close_batch(task.session_id, task.offset)
        except ConditionFailed as failed:
            session = failed.session
        if session is None or session.closed is None or session.status is Status.ENDED:
            return None
        is_closed = task.offset is None or session.closed.first <= task.offset <= session.closed.last
        return session if is_closed else None


def _tasks_from(task: FlushTask) -> list[FanOutTask]:
    """Return tasks for as many messages as a batch may have. Those that do not exist are skipped."""
    if task.offset is None:
        return []
    return [
        FanOutTask(
            session_id=task.session_id, shard=shard, epoch=task.epoch, offset=task.offset, count=MAX_MESSAGES
        )
        for shard in range(task.shards)
    ]

"""Sends the batch of a session whose interval has ended (domain/coalescing.py)."""

from dataclasses import dataclass, replace

from domain.model import Batch, Status
from domain.ports import Clock, ConditionFailed, Sessions
from domain.settings import Settings
from fan_out.tasks import FlushTask, TaskQueue, tasks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushBatch:
    """Queues the messages of a batch for all shards, then closes the batch.

    The order of the two leaves no message out: a flush that stops between them is repeated, and listeners
    discard by offset what they receive twice.
    """

    sessions: Sessions
    queue: TaskQueue
    settings: Settings
    clock: Clock

    def __call__(self, task: FlushTask) -> None:
        """Flush the batch of the task if it still waits. Raises UnavailableError.

        Messages that join meanwhile are the next batch. An ended session has its batch sent with its end.
        """
        session = self.sessions.get(task.session_id)
        if session is None or session.batch is None or session.status is Status.ENDED:
            return
        if task.first is not None and task.first != session.batch.first:
            return
        self.queue.send(tasks_of(session, first=session.batch.first, last=session.head))
        try:
            self.sessions.close_batch(session)
        except ConditionFailed as failed:
            if failed.session is None or failed.session.batch != session.batch:
                return
            interval = max(1, self.settings.coalescing_interval)
            following = Batch(first=session.head + 1, due_at=self.clock() + interval)
            self.queue.flush_later(replace(task, first=following.first), interval)
            self.sessions.advance_batch(session, following)

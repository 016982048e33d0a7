"""Sends to the audience's channel: a request for each language, however many listeners it has.

The channel is served as a shard is: by the function that has the message, or by a task of the queue.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.channel import channel_name
from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.message_log import Entry
from domain.ports import AudienceChannel, Logger, Metrics, ParallelMap
from fan_out.tasks import FanOutTask
from wire.pushes import encode, message_payloads

ChannelKey = tuple[str, str, str]
"""A session's id, its epoch, and one of its target languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFanOut:
    """Publishes to the channels of all languages at once, and in order to each."""

    channel: AudienceChannel
    parallel_map: ParallelMap
    logger: Logger
    metrics: Metrics

    def start(
        self, tasks: Sequence[FanOutTask], entries_of: Callable[[FanOutTask], Sequence[Entry]]
    ) -> Callable[[], list[FanOutTask | None]]:
        """Begin to publish what tasks of the channel ask for; pushes to listeners need not wait for it.

        The function that is returned waits. It returns for each task what is left of it, for the languages
        that failed, or None. A channel gets entries by their offsets, then events, also of one task. Entries
        of duplicate tasks are published once.
        """
        waiting: dict[ChannelKey, list[bytes]] = {}
        for task in sorted(tasks, key=lambda task: (not task.count, task.epoch, task.offset)):
            for language in task.channel_languages:
                payloads = waiting.setdefault((task.session_id, task.epoch, language), [])
                messages = message_payloads(entries_of(task), language)
                payloads += [message for message in messages if message not in payloads]
                payloads += [encode(task.event)] if task.event is not None else []
        channels = [channel for channel, payloads in waiting.items() if payloads]
        outcomes = self.parallel_map(lambda channel: self._publish(channel, waiting), channels)
        return lambda: self._wait(tasks, channels, outcomes)

    def _publish(self, channel: ChannelKey, waiting: Mapping[ChannelKey, Sequence[bytes]]) -> bool:
        session_id, _, language = channel
        try:
            self.channel.publish(channel_name(*channel), waiting[channel])
        except UnavailableError as failure:
            self.logger.warning(
                "channel not published",
                session=short_digest(session_id),
                language=language,
                failure=failure,
            )
            return False
        return True

    def _wait(
        self, tasks: Sequence[FanOutTask], channels: Sequence[ChannelKey], outcomes: Iterable[bool]
    ) -> list[FanOutTask | None]:
        succeeded = dict(zip(channels, outcomes, strict=True))
        published = sum(succeeded.values())
        failed = len(succeeded) - published
        for metric, count in (("ChannelPublished", published), ("ChannelFailed", failed)):
            if count:
                self.metrics.count(metric, count)
        missed = [
            tuple(
                language
                for language in task.channel_languages
                if not succeeded.get((task.session_id, task.epoch, language), True)
            )
            for task in tasks
        ]
        return [
            replace(task, channel_languages=languages) if languages else None
            for task, languages in zip(tasks, missed, strict=True)
        ]

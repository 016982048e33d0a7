"""Delivers entries and events to listeners: one round of pushes, and what each outcome leads to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from domain.delivery import CLOSED, Delivery, Outcome
from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.message_log import Entry
from domain.model import Attachment, Listener
from domain.ports import ConditionFailed, Listeners, Logger, Metrics, Pusher
from fan_out.tasks import MAX_RECEIVE_COUNT, FanOutTask, ShardKey
from wire.pushes import Message, encode, message_payloads

METRICS = {
    Outcome.DELIVERED: "PushDelivered",
    Outcome.GONE: "PushGone",
    Outcome.TOO_LARGE: "PushTooLarge",
    Outcome.UNREACHABLE: "PushUnreachable",
    Outcome.THROTTLED: "PushThrottled",
}

MAX_PRUNED = 10
"""Listeners removed after one round. After a mass disconnect their `$disconnect` events remove the most."""


@dataclass(frozen=True, slots=True)
class PendingPayload:
    """Entries or an event to send, and the tasks that ask for them."""

    content: Sequence[Entry] | Message
    tasks: Sequence[FanOutTask]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerDelivery:
    """What one listener of a shard gets."""

    shard_key: ShardKey
    listener: Listener
    payloads: tuple[bytes, ...]
    is_last_attempt: bool = False
    """Whether the listener is disconnected even if it is only throttled."""

    @property
    def connection_id(self) -> str:
        return self.listener.connection_id


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What is left to do after a round."""

    undelivered: dict[ShardKey, tuple[str, ...]]
    """Listeners that did not get everything and are still connected."""
    gone: tuple[ListenerDelivery, ...]
    """Deliveries to connections that do not exist."""


_Selection = tuple[tuple[int, int], ...]
"""Indexes of pending payloads, each with the highest receive count of its tasks."""


def deliveries_for(
    shard_key: ShardKey, listeners: Sequence[Listener], pending: Sequence[PendingPayload]
) -> list[ListenerDelivery]:
    """Return what each listener of a shard gets, in the order of `pending`. Encodes once a language."""

    @cache
    def payloads_of(index: int, language: str) -> tuple[bytes, ...]:
        content = pending[index].content
        return (encode(content),) if isinstance(content, dict) else message_payloads(content, language)

    @cache
    def select_payloads(selection: _Selection, language: str) -> tuple[tuple[bytes, ...], bool]:
        payloads = tuple(one for index, _ in selection for one in payloads_of(index, language))
        return payloads, any(receive_count >= MAX_RECEIVE_COUNT for _, receive_count in selection)

    for_all = _select(pending, None)
    has_retries = any(task.is_retry for item in pending for task in item.tasks)
    deliveries: list[ListenerDelivery] = []
    for listener in listeners:
        selection = _select(pending, listener.connection_id) if has_retries else for_all
        if selection:
            payloads, is_last_attempt = select_payloads(selection, listener.target_language)
            deliveries.append(
                ListenerDelivery(
                    shard_key=shard_key,
                    listener=listener,
                    payloads=payloads,
                    is_last_attempt=is_last_attempt,
                )
            )
    return deliveries


def _select(pending: Sequence[PendingPayload], connection_id: str | None) -> _Selection:
    """Return what is for this listener, or for any listener if the id is None."""
    receive_counts = [
        max(
            (
                task.receive_count
                for task in item.tasks
                if connection_id is None or task.includes(connection_id)
            ),
            default=0,
        )
        for item in pending
    ]
    return tuple((index, count) for index, count in enumerate(receive_counts) if count)


def deliver_all(
    pusher: Pusher,
    metrics: Metrics,
    deliveries: Sequence[ListenerDelivery],
    unreported: Sequence[Delivery] = (),
) -> DeliveryReport:
    """Push everything at once, then close connections that can only recover by reconnecting.

    Shards are pushed to together, so that a slow connection delays no other. A listener that does not read is
    throttled, and stays undelivered without a wait. Several deliveries to one
    connection become one, in their order. `unreported` deliveries are made too, and the report leaves them
    out. Takes MAX_DELIVER_AND_DISCONNECT_SECONDS at most. Raises PushConfigurationError.
    """
    payloads: dict[str, tuple[bytes, ...]] = {}
    for one in deliveries:
        payloads[one.connection_id] = payloads.get(one.connection_id, ()) + one.payloads
    everything = [*(Delivery(*item) for item in payloads.items()), *unreported]
    outcomes = pusher.deliver(everything, retry_throttled=False)
    for outcome, metric in METRICS.items():
        if outcome in outcomes:
            metrics.count(metric, outcomes.count(outcome))
    outcome_of = dict(zip(payloads, outcomes, strict=False))
    to_close = {one.connection_id for one in deliveries if _must_reconnect(one, outcome_of)}
    throttled = {
        connection_id for connection_id, outcome in outcome_of.items() if outcome is Outcome.THROTTLED
    }
    missed = throttled - to_close | _disconnect(pusher, metrics, sorted(to_close))
    undelivered: dict[ShardKey, tuple[str, ...]] = {}
    for one in deliveries:
        if one.connection_id in missed:
            undelivered[one.shard_key] = (*undelivered.get(one.shard_key, ()), one.connection_id)
    gone = tuple(one for one in deliveries if outcome_of[one.connection_id] is Outcome.GONE)
    return DeliveryReport(undelivered, gone)


def _must_reconnect(delivery: ListenerDelivery, outcome_of: Mapping[str, Outcome]) -> bool:
    outcome = outcome_of[delivery.connection_id]
    return outcome in {Outcome.UNREACHABLE, Outcome.TOO_LARGE} or (
        outcome is Outcome.THROTTLED and delivery.is_last_attempt
    )


def _disconnect(pusher: Pusher, metrics: Metrics, connection_ids: Sequence[str]) -> set[str]:
    """Close connections; return those that are still open."""
    outcomes = pusher.disconnect(connection_ids)
    still_open = {
        connection_id
        for connection_id, outcome in zip(connection_ids, outcomes, strict=True)
        if outcome not in CLOSED
    }
    closed = len(connection_ids) - len(still_open)
    if closed:
        metrics.count("ListenersDisconnected", closed)
    if still_open:
        metrics.count("DisconnectFailed", len(still_open))
    return still_open


def retry_tasks(
    tasks: Sequence[FanOutTask], undelivered: Mapping[ShardKey, Sequence[str]]
) -> list[FanOutTask | None]:
    """Return a retry task for the listeners that each task did not reach, or None if it reached all."""
    missed = [tuple(filter(task.includes, undelivered.get(task.shard_key, ()))) for task in tasks]
    return [
        replace(task, connection_ids=connection_ids) if connection_ids else None
        for task, connection_ids in zip(tasks, missed, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneListeners:
    """Removes a few listeners whose connections are gone, and rows without a connection.

    Stops at the first failure: other requests hold the same rows, or the table is unavailable. The next
    message or the keep-alive run finds the rest.
    """

    on_disconnected: Callable[[str], Attachment | None]
    """Removes a connection and its attachment (use_cases/disconnect.py)."""
    listeners: Listeners
    logger: Logger

    def __call__(self, gone: Sequence[ListenerDelivery]) -> None:
        """Remove the first MAX_PRUNED of them. Raises no error of the stores."""
        for one in gone[:MAX_PRUNED]:
            try:
                self._remove(one)
            except UnavailableError:
                self.logger.info("listener not pruned", connection=short_digest(one.connection_id))
                return

    def _remove(self, delivery: ListenerDelivery) -> None:
        session_id, shard = delivery.shard_key
        attachment = self.on_disconnected(delivery.connection_id)
        if attachment is not None and (attachment.session_id, attachment.shard) == delivery.shard_key:
            return  # the row was deleted with the connection
        try:
            self.listeners.drop(session_id, shard, delivery.listener)
        except ConditionFailed:
            return

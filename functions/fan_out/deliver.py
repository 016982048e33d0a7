"""Delivers entries and events to listeners: one round of pushes, and what each outcome leads to."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache

from domain.delivery import CLOSED, Delivery, Outcome
from domain.digest import short_digest
from domain.errors import UnavailableError
from domain.message_log import Entry
from domain.model import Attachment, Listener
from domain.ports import ConditionFailed, Listeners, Logger, Metrics, Pusher
from fan_out.tasks import FanOutTask, ShardKey
from wire.pushes import Message, encode, message_payloads

METRICS = {
    Outcome.DELIVERED: "PushDelivered",
    Outcome.GONE: "PushGone",
    Outcome.TOO_LARGE: "PushTooLarge",
    Outcome.UNREACHABLE: "PushUnreachable",
    Outcome.THROTTLED: "PushThrottled",
    Outcome.OUT_OF_TIME: "PushOutOfTime",
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
    is_last_throttled_round: bool = False
    """Whether the listener is disconnected even if it is only throttled."""

    @property
    def connection_id(self) -> str:
        return self.listener.connection_id


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What is left to do after a round."""

    throttled: dict[ShardKey, tuple[str, ...]]
    """Listeners that were throttled and are still connected."""
    unserved: dict[ShardKey, tuple[str, ...]]
    """Listeners for which the time ran out, and those that could not be disconnected."""
    gone: tuple[ListenerDelivery, ...]
    """Deliveries to connections that do not exist."""


_Selection = tuple[tuple[int, bool], ...]
"""Indexes of pending payloads, each with whether it is in its last throttled round."""


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
        return payloads, any(is_last for _, is_last in selection)

    for_all = _select(pending, None)
    has_retries = any(task.is_retry for item in pending for task in item.tasks)
    deliveries: list[ListenerDelivery] = []
    for listener in listeners:
        selection = _select(pending, listener) if has_retries or listener.on_channel else for_all
        if selection:
            payloads, is_last = select_payloads(selection, listener.target_language)
            deliveries.append(
                ListenerDelivery(
                    shard_key=shard_key,
                    listener=listener,
                    payloads=payloads,
                    is_last_throttled_round=is_last,
                )
            )
    return deliveries


def _select(pending: Sequence[PendingPayload], listener: Listener | None) -> _Selection:
    """Return what this listener gets on its connection, or any listener that is not on the channel."""
    wanted = [[task for task in item.tasks if listener is None or task.is_for(listener)] for item in pending]
    return tuple(
        (index, any(task.is_last_throttled_round for task in tasks))
        for index, tasks in enumerate(wanted)
        if tasks
    )


def deliver_all(
    pusher: Pusher,
    metrics: Metrics,
    deliveries: Sequence[ListenerDelivery],
    unreported: Sequence[Delivery] = (),
) -> DeliveryReport:
    """Push everything at once, then close connections that can only recover by reconnecting.

    Shards are pushed to together, so that a slow connection delays no other. A listener that does not read is
    throttled, and stays undelivered without a wait. So does a listener for which the time runs out, but that
    says nothing of its connection. Several deliveries to one connection become one, in their order.
    `unreported` deliveries are made too, and the report leaves them out. Takes
    MAX_DELIVER_AND_DISCONNECT_SECONDS at most. Raises PushConfigurationError.
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
    throttled = _with_outcome(Outcome.THROTTLED, outcome_of) - to_close
    unserved = _with_outcome(Outcome.OUT_OF_TIME, outcome_of)
    unserved |= _disconnect(pusher, metrics, sorted(to_close))
    gone = tuple(one for one in deliveries if outcome_of[one.connection_id] is Outcome.GONE)
    return DeliveryReport(_by_shard(deliveries, throttled), _by_shard(deliveries, unserved), gone)


def _with_outcome(wanted: Outcome, outcome_of: Mapping[str, Outcome]) -> set[str]:
    return {connection_id for connection_id, outcome in outcome_of.items() if outcome is wanted}


def _by_shard(
    deliveries: Sequence[ListenerDelivery], connection_ids: Set[str]
) -> dict[ShardKey, tuple[str, ...]]:
    found: dict[ShardKey, tuple[str, ...]] = {}
    for one in deliveries:
        if one.connection_id in connection_ids:
            found[one.shard_key] = (*found.get(one.shard_key, ()), one.connection_id)
    return found


def _must_reconnect(delivery: ListenerDelivery, outcome_of: Mapping[str, Outcome]) -> bool:
    outcome = outcome_of[delivery.connection_id]
    return outcome in {Outcome.UNREACHABLE, Outcome.TOO_LARGE} or (
        outcome is Outcome.THROTTLED and delivery.is_last_throttled_round
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


def retry_tasks(task: FanOutTask, report: DeliveryReport) -> list[FanOutTask]:
    """Return the retry tasks for the listeners that a task did not reach.

    Those that were throttled have one of their own, since only their rounds count towards a disconnect.
    """
    following = replace(task, retry=task.retry + 1)
    throttled = replace(following, throttled_rounds=task.throttled_rounds + 1)
    kinds = [(throttled, report.throttled), (following, report.unserved)]
    missed = [(kind, tuple(filter(task.includes, found.get(task.shard_key, ())))) for kind, found in kinds]
    return [replace(kind, connection_ids=connection_ids) for kind, connection_ids in missed if connection_ids]


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

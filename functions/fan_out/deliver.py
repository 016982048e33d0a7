"""One round of pushes: all that a function has to send, to all whom it serves, at once.

Whatever shards they are in: a connection that is slow or silent then holds up nobody but itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports import Metrics
from domain.pusher import CLOSED, Delivery, Outcome, Pusher
from fan_out.tasks import Shard

METRICS = {
    Outcome.DELIVERED: "PushDelivered",
    Outcome.GONE: "PushGone",
    Outcome.TOO_LARGE: "PushTooLarge",
    Outcome.UNREACHABLE: "PushUnreachable",
    Outcome.THROTTLED: "PushThrottled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one listener is to get."""

    shard: Shard
    connection_id: str
    payloads: tuple[bytes, ...]
    is_last_try: bool = False
    """Whether the listener is disconnected, too, if it is only throttled."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is left to do after a round."""

    left: dict[Shard, tuple[str, ...]]
    """Listeners that neither have everything nor are disconnected, so that they have to be tried again."""
    gone: tuple[Parcel, ...]
    """Listeners whose connections no longer exist."""


def push_all(
    pusher: Pusher, metrics: Metrics, parcels: Sequence[Parcel], notices: Sequence[Delivery] = ()
) -> Result:
    """Push everything, then disconnect whom only a new connection can help.

    A connection of several parcels gets one delivery, in their order. `notices` go out with them, and nothing
    follows from what becomes of those. Takes LONGEST_ROUND seconds at most (domain/pusher.py); raises
    PushConfigurationError.
    """
    payloads: dict[str, tuple[bytes, ...]] = {}
    for parcel in parcels:
        payloads[parcel.connection_id] = payloads.get(parcel.connection_id, ()) + parcel.payloads
    deliveries = [*(Delivery(*one) for one in payloads.items()), *notices]
    outcomes = pusher.deliver(deliveries)
    for outcome, metric in METRICS.items():
        if outcome in outcomes:
            metrics.count(metric, outcomes.count(outcome))
    outcome_of = dict(zip(payloads, outcomes, strict=False))
    hopeless = {
        parcel.connection_id for parcel in parcels if _is_hopeless(parcel, outcome_of[parcel.connection_id])
    }
    throttled = {one for one, outcome in outcome_of.items() if outcome is Outcome.THROTTLED}
    left = throttled - hopeless | _disconnect(pusher, metrics, sorted(hopeless))
    by_shard: dict[Shard, tuple[str, ...]] = {}
    for parcel in parcels:
        if parcel.connection_id in left:
            by_shard[parcel.shard] = (*by_shard.get(parcel.shard, ()), parcel.connection_id)
    gone = tuple(parcel for parcel in parcels if outcome_of[parcel.connection_id] is Outcome.GONE)
    return Result(by_shard, gone)


def _is_hopeless(parcel: Parcel, outcome: Outcome) -> bool:
    return outcome in {Outcome.UNREACHABLE, Outcome.TOO_LARGE} or (
        outcome is Outcome.THROTTLED and parcel.is_last_try
    )


def _disconnect(pusher: Pusher, metrics: Metrics, connection_ids: Sequence[str]) -> set[str]:
    """Disconnect; those that are open still."""
    outcomes = pusher.disconnect(connection_ids)
    still_open = {one for one, outcome in zip(connection_ids, outcomes, strict=True) if outcome not in CLOSED}
    if still_open:
        metrics.count("DisconnectFailed", len(still_open))
    return still_open

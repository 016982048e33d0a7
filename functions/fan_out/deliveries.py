"""Who gets what: tasks and listeners of one shard, made into one parcel a listener."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from domain.message_log import Entry, encode
from domain.model import Listener
from domain.ports import Message
from fan_out.deliver import Parcel
from fan_out.tasks import LAST_RECEIPT, Shard, ShardTask

Asked = tuple[Entry | Message, Sequence[ShardTask]]
"""What is to go out, and the tasks that ask for it."""

Mine = tuple[tuple[int, int], ...]
"""Positions in what is asked for, each with the highest receipt of the tasks that ask for it."""


def parcels_for(shard: Shard, listeners: Sequence[Listener], asked: Sequence[Asked]) -> list[Parcel]:
    """What each listener of a shard gets of what is asked for, in this order; written once a language."""

    @cache
    def payload(index: int, language: str) -> bytes:
        what, _ = asked[index]
        return encode(what.push_for(language) if isinstance(what, Entry) else what)

    @cache
    def content(mine: Mine, language: str) -> tuple[tuple[bytes, ...], bool]:
        payloads = tuple(payload(index, language) for index, _ in mine)
        return payloads, any(receipt >= LAST_RECEIPT for _, receipt in mine)

    everything = _concerning(asked, None)
    is_for_some = any(task.only for _, tasks in asked for task in tasks)
    parcels: list[Parcel] = []
    for one in listeners:
        mine = _concerning(asked, one.connection_id) if is_for_some else everything
        if mine:
            payloads, is_last_try = content(mine, one.target_language)
            parcels.append(
                Parcel(
                    shard=shard,
                    connection_id=one.connection_id,
                    payloads=payloads,
                    is_last_try=is_last_try,
                )
            )
    return parcels


def _concerning(asked: Sequence[Asked], connection_id: str | None) -> Mine:
    """What is for this listener, or for anybody."""
    receipts = [
        max(
            (task.receipt for task in tasks if connection_id is None or task.concerns(connection_id)),
            default=0,
        )
        for _, tasks in asked
    ]
    return tuple((index, receipt) for index, receipt in enumerate(receipts) if receipt)


def narrowed(tasks: Sequence[ShardTask], left: Mapping[Shard, Sequence[str]]) -> list[ShardTask | None]:
    """Each task for those alone whom it left behind; none where it left nobody."""
    behind = [tuple(filter(task.concerns, left.get(task.where, ()))) for task in tasks]
    return [replace(task, only=only) if only else None for task, only in zip(tasks, behind, strict=True)]

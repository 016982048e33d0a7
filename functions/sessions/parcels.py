"""Who gets what: tasks and listeners of one shard, made into one parcel a listener."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from sessions.log import Entry, encode
from sessions.model import Listener
from sessions.ports import Message
from sessions.round import Parcel
from sessions.shard_tasks import LAST_RECEIPT, Shard, ShardTask

Asked = tuple[Entry | Message, Sequence[ShardTask]]
"""What is to go out, and the tasks that ask for it."""


def parcels_for(shard: Shard, listeners: Sequence[Listener], asked: Sequence[Asked]) -> list[Parcel]:
    """What each listener of a shard gets of what is asked for, in this order; written once a language."""

    @cache
    def payload(index: int, language: str) -> bytes:
        what, _ = asked[index]
        return encode(what.push_for(language) if isinstance(what, Entry) else what)

    parcels: list[Parcel] = []
    for one in listeners:
        mine = {
            index: [task for task in tasks if task.concerns(one.connection_id)]
            for index, (_, tasks) in enumerate(asked)
        }
        payloads = tuple(payload(index, one.target_language) for index, tasks in mine.items() if tasks)
        if payloads:
            receipts = max(task.receipt for tasks in mine.values() for task in tasks)
            parcels.append(
                Parcel(
                    shard=shard,
                    connection_id=one.connection_id,
                    payloads=payloads,
                    is_last_try=receipts >= LAST_RECEIPT,
                )
            )
    return parcels


def narrowed(tasks: Sequence[ShardTask], left: Mapping[Shard, Sequence[str]]) -> list[ShardTask | None]:
    """Each task for those alone whom it left behind; none where it left nobody."""
    behind = [tuple(filter(task.concerns, left.get(task.where, ()))) for task in tasks]
    return [replace(task, only=only) if only else None for task, only in zip(tasks, behind, strict=True)]

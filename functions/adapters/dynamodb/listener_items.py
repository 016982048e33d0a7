"""Items of the listeners table: a row and a slot for each listener.

A row is in a shard of the session, which the fan-out reads. A slot's number is its key, so that at most as
many listeners join as the session has slots, and two joins meet at one item only if they chose the same slot.
"""

from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.connection_items import retargeted
from adapters.dynamodb.writes import Values, Write, delete, put, to_item, to_value, update
from domain.model import NO_SLOT, Attachment, Listener
from domain.ports import Condition

SLOT_MARK = "#"
"""Start of a slot's sort key. Connection ids are base64 and have none
(components/websocket_sessions/session_tables.py filters the stream by it)."""

SLOTS_IN_PARTITION = 500
"""A partition takes 1,000 write units a second (DynamoDB Developer Guide, "Best practices for designing and
using partition keys effectively"), and a transaction takes two for a slot."""


def listener_table() -> str:
    return table("LISTENERS_TABLE")


def listener_shard(session_id: str, shard: int) -> str:
    return f"{session_id}#{shard}"


def listener_key(session_id: str, shard: int, connection_id: str) -> Values:
    return to_item({"listenerShard": listener_shard(session_id, shard), "connectionId": connection_id})


def slot_partition(session_id: str, number: int) -> str:
    return f"{session_id}#slots{number}"


def slot_partitions(capacity: int) -> int:
    """Return the number of partitions of a session's slots."""
    return -(-capacity // SLOTS_IN_PARTITION)


def slot_key(session_id: str, slot: int) -> Values:
    partition = slot_partition(session_id, slot // SLOTS_IN_PARTITION)
    return to_item({"listenerShard": partition, "connectionId": f"{SLOT_MARK}{slot}"})


def slots_in(session_id: str, number: int) -> dict[str, Any]:
    """Return the query arguments for the slots of one partition."""
    return _partition_query(slot_partition(session_id, number))


def to_slot(item: dict[str, Any]) -> int:
    return int(item["connectionId"].removeprefix(SLOT_MARK))


def is_listener(item: dict[str, Any]) -> bool:
    """Return whether an item of a shard is a row. Version 0.1.0 also kept a counter in each shard."""
    return not item["connectionId"].startswith(SLOT_MARK)


def to_listener(item: dict[str, Any]) -> Listener:
    return Listener(
        connection_id=item["connectionId"],
        target_language=item["targetLanguage"],
        slot=item.get("slot", NO_SLOT),
        on_channel=item.get("onChannel", False),
    )


def put_slot(connection_id: str, attachment: Attachment, *, ttl: int) -> Write:
    """Return the write that takes a free slot."""
    holder = {"sessionId": attachment.session_id, "holder": connection_id, "ttl": ttl}
    return put(
        Condition.SLOT,
        listener_table(),
        slot_key(attachment.session_id, attachment.slot) | to_item(holder),
        condition="attribute_not_exists(connectionId)",
    )


def put_listener(connection_id: str, attachment: Attachment, *, ttl: int) -> Write:
    """Return the write of a listener's new row."""
    row = {
        "targetLanguage": attachment.target_language,
        "slot": attachment.slot,
        "ttl": ttl,
        "onChannel": attachment.on_channel or None,
    }
    return put(
        Condition.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id) | to_item(row),
        condition="attribute_not_exists(connectionId)",
        decode=to_listener,
    )


def retarget_listener(connection_id: str, attachment: Attachment, to: Attachment) -> Write:
    """Return the write of what `to` says otherwise than `attachment` in an existing row."""
    assignments, values = retargeted(attachment, to)
    return update(
        Condition.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id),
        assignments,
        condition="attribute_exists(connectionId)",
        values=values,
    )


def delete_listener(session_id: str, shard: int, slot: int, connection_id: str) -> list[Write]:
    """Return the writes that delete a listener's row and free its slot, if it has one."""
    row = delete(
        Condition.LISTENER,
        listener_table(),
        listener_key(session_id, shard, connection_id),
        condition="attribute_exists(connectionId)",
    )
    if slot == NO_SLOT:
        return [row]
    held = delete(
        Condition.SLOT,
        listener_table(),
        slot_key(session_id, slot),
        condition="holder = :holder",
        values={"holder": connection_id},
    )
    return [row, held]


def rows_after(session_id: str, shard: int, cursor: str | None) -> dict[str, Any]:
    """Return the query arguments for the rows of a shard after `cursor`."""
    start = {"ExclusiveStartKey": listener_key(session_id, shard, cursor)} if cursor else {}
    return _partition_query(listener_shard(session_id, shard)) | start


def _partition_query(partition: str) -> dict[str, Any]:
    return {
        "TableName": listener_table(),
        "ConsistentRead": True,
        "KeyConditionExpression": "listenerShard = :partition",
        "ExpressionAttributeValues": {":partition": to_value(partition)},
    }

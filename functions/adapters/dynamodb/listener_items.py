"""Items of the listeners table: a row a listener, and one `#count` item a shard."""

from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.writes import Values, Write, delete, put, to_item, to_value, update
from domain.model import Attachment, Listener, Session, ShardCount
from domain.ports import Condition

COUNT = "#count"
"""Sort key of a shard's counter. It stands before all connection ids, which are base64."""


def listener_table() -> str:
    return table("LISTENERS_TABLE")


def listener_shard(session_id: str, shard: int) -> str:
    return f"{session_id}#{shard}"


def listener_key(session_id: str, shard: int, connection_id: str) -> Values:
    return to_item({"listenerShard": listener_shard(session_id, shard), "connectionId": connection_id})


def to_shard_count(item: dict[str, Any]) -> ShardCount:
    _, _, shard = item["listenerShard"].rpartition("#")
    return ShardCount(shard=int(shard), listeners=item["listeners"], capacity=item["capacity"])


def to_listener(item: dict[str, Any]) -> Listener:
    return Listener(connection_id=item["connectionId"], target_language=item["targetLanguage"])


def put_counts(session: Session) -> list[Write]:
    """Return the writes of a new session's empty shards, which divide its capacity evenly."""
    each, over = divmod(session.capacity, session.shards)
    return [
        put(
            Condition.SHARD,
            listener_table(),
            to_item(
                {
                    "listenerShard": listener_shard(session.session_id, shard),
                    "connectionId": COUNT,
                    "sessionId": session.session_id,
                    "listeners": 0,
                    "capacity": each + (shard < over),
                    "ttl": session.ttl,
                }
            ),
        )
        for shard in range(session.shards)
    ]


def count_one_more(session_id: str, shard: int) -> Write:
    """Return the write that adds one to a shard with room."""
    return update(
        Condition.SHARD,
        listener_table(),
        listener_key(session_id, shard, COUNT),
        "SET listeners = listeners + :one",
        condition="listeners < #capacity",
        values={"one": 1},
        decode=to_shard_count,
    )


def count_one_less(session_id: str, shard: int) -> Write:
    """Return the write that subtracts one from a shard, never below zero."""
    return update(
        Condition.SHARD,
        listener_table(),
        listener_key(session_id, shard, COUNT),
        "SET listeners = listeners - :one",
        condition="listeners > :none",
        values={"one": 1, "none": 0},
        decode=to_shard_count,
    )


def put_listener(connection_id: str, attachment: Attachment, *, joined_at: int, ttl: int) -> Write:
    """Return the write of a listener's new row."""
    return put(
        Condition.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id)
        | to_item({"targetLanguage": attachment.target_language, "joinedAt": joined_at, "ttl": ttl}),
        condition="attribute_not_exists(connectionId)",
    )


def retarget_listener(connection_id: str, attachment: Attachment, target_language: str) -> Write:
    """Return the write of another target language in an existing row."""
    return update(
        Condition.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id),
        "SET targetLanguage = :language",
        condition="attribute_exists(connectionId)",
        values={"language": target_language},
    )


def delete_listener(session_id: str, shard: int, connection_id: str) -> list[Write]:
    """Return the writes that delete a listener's row and subtract it from its shard."""
    row = delete(
        Condition.LISTENER,
        listener_table(),
        listener_key(session_id, shard, connection_id),
        condition="attribute_exists(connectionId)",
    )
    return [row, count_one_less(session_id, shard)]


def rows_after(session_id: str, shard: int, cursor: str | None) -> dict[str, Any]:
    """Return the query arguments for the rows after `cursor`, without the counter."""
    return {
        "KeyConditionExpression": "listenerShard = :shard AND connectionId > :after",
        "ExpressionAttributeValues": {
            ":shard": to_value(listener_shard(session_id, shard)),
            ":after": to_value(cursor or COUNT),
        },
    }

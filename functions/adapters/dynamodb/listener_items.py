"""Items of the listeners table: a row a listener, and one `#count` item a shard."""

from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.values import Values, to_item, to_value
from adapters.dynamodb.writes import Write, delete, put, update
from domain.model import Attachment, Listener, Session, ShardCount
from domain.ports import Part

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
    """The empty shards of a new session; its capacity is spread over them as evenly as it goes."""
    each, over = divmod(session.capacity, session.shards)
    return [
        put(
            Part.SHARD,
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
    """One listener more, if the shard is there and has room."""
    return update(
        Part.SHARD,
        listener_table(),
        listener_key(session_id, shard, COUNT),
        "SET listeners = listeners + :one",
        condition="listeners < #capacity",
        values={"one": 1},
        decode=to_shard_count,
    )


def count_one_less(session_id: str, shard: int) -> Write:
    """One listener less, never below none."""
    return update(
        Part.SHARD,
        listener_table(),
        listener_key(session_id, shard, COUNT),
        "SET listeners = listeners - :one",
        condition="listeners > :none",
        values={"one": 1, "none": 0},
        decode=to_shard_count,
    )


def put_listener(connection_id: str, attachment: Attachment, *, joined_at: int, ttl: int) -> Write:
    """A listener's row, if it is not there."""
    return put(
        Part.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id)
        | to_item({"targetLanguage": attachment.target_language, "joinedAt": joined_at, "ttl": ttl}),
        condition="attribute_not_exists(connectionId)",
    )


def retarget_listener(connection_id: str, attachment: Attachment, target_language: str) -> Write:
    """Another target language, if the row is there."""
    return update(
        Part.LISTENER,
        listener_table(),
        listener_key(attachment.session_id, attachment.shard, connection_id),
        "SET targetLanguage = :language",
        condition="attribute_exists(connectionId)",
        values={"language": target_language},
    )


def delete_listener(session_id: str, shard: int, connection_id: str) -> list[Write]:
    """A listener's row, if it is there, and its count."""
    row = delete(
        Part.LISTENER,
        listener_table(),
        listener_key(session_id, shard, connection_id),
        condition="attribute_exists(connectionId)",
    )
    return [row, count_one_less(session_id, shard)]


def rows_after(session_id: str, shard: int, cursor: str | None) -> dict[str, Any]:
    """The key condition of a page of rows, without the counter."""
    return {
        "KeyConditionExpression": "listenerShard = :shard AND connectionId > :after",
        "ExpressionAttributeValues": {
            ":shard": to_value(listener_shard(session_id, shard)),
            ":after": to_value(cursor or COUNT),
        },
    }

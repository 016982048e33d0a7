"""Items of the connections table, and the conditional writes on them."""

from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.session_items import due_shard
from adapters.dynamodb.values import Scalar, Values, to_item, to_value
from adapters.dynamodb.writes import Write, delete, put, update
from domain.model import Attachment, Connection, Role
from domain.ports import Part

UNEXPIRED = "(attribute_not_exists(tokenExpiresAt) OR tokenExpiresAt > :now)"


def connection_table() -> str:
    return table("CONNECTIONS_TABLE")


def connection_key(connection_id: str) -> Values:
    return {"connectionId": to_value(connection_id)}


def connection_item(connection: Connection) -> Values:
    return to_item(
        {
            "connectionId": connection.connection_id,
            "address": connection.address,
            "correlationId": connection.correlation_id,
            "connectedAt": connection.connected_at,
            "dueShard": due_shard(connection.connection_id),
            "dueAt": connection.due_at,
            "ttl": connection.ttl,
            "subject": connection.subject,
            "tokenExpiresAt": connection.token_expires_at,
            "refreshNotifiedAt": connection.refresh_notified_at,
            "leftSessionId": connection.left_session_id,
            **(_attachment_fields(connection.attachment) if connection.attachment else {}),
        }
    )


def to_connection(item: dict[str, Any]) -> Connection:
    return Connection(
        connection_id=item["connectionId"],
        address=item["address"],
        correlation_id=item["correlationId"],
        connected_at=item["connectedAt"],
        due_at=item["dueAt"],
        ttl=item["ttl"],
        subject=item.get("subject"),
        token_expires_at=item.get("tokenExpiresAt"),
        refresh_notified_at=item.get("refreshNotifiedAt"),
        left_session_id=item.get("leftSessionId"),
        attachment=to_attachment(item) if "sessionId" in item else None,
    )


def to_attachment(item: dict[str, Any]) -> Attachment:
    return Attachment(
        session_id=item["sessionId"],
        role=Role(item["role"]),
        generation=item["generation"],
        shard=item["shard"],
        target_language=item.get("targetLanguage"),
    )


def put_connection(connection: Connection) -> Write:
    """A new connection. API Gateway gives no id twice, so a repeat is the same connection again."""
    return put(Part.CONNECTION, connection_table(), connection_item(connection))


def attach(connection_id: str, attachment: Attachment, instead_of: Attachment | None, now: int) -> Write:
    """Attach a connection that is there, has no expired token, and is attached as `instead_of` says."""
    fields = _attachment_fields(attachment)
    sets = ", ".join(f"{_NAMES.get(name, name)} = :{name}" for name in fields)
    removed = "" if attachment.target_language else " REMOVE targetLanguage"
    condition, values = attached_as(instead_of)
    return update(
        Part.CONNECTION,
        connection_table(),
        connection_key(connection_id),
        f"SET {sets}{removed}",
        condition=f"{condition} AND {UNEXPIRED}",
        values={**fields, **values, "now": now},
        decode=to_connection,
    )


def release(connection_id: str, attachment: Attachment) -> Write:
    """Take exactly this attachment from the connection."""
    condition, values = attached_as(attachment)
    return update(
        Part.CONNECTION,
        connection_table(),
        connection_key(connection_id),
        "SET leftSessionId = sessionId REMOVE sessionId, #role, generation, #shard, targetLanguage",
        condition=condition,
        values=values,
        decode=to_connection,
    )


def retarget(connection_id: str, attachment: Attachment, target_language: str) -> Write:
    """Another target language for the same attachment."""
    condition, values = attached_as(attachment)
    return update(
        Part.CONNECTION,
        connection_table(),
        connection_key(connection_id),
        "SET targetLanguage = :language",
        condition=condition,
        values={**values, "language": target_language},
        decode=to_connection,
    )


def delete_connection(connection: Connection) -> Write:
    """Delete the connection, if it is attached as it was when it was read."""
    condition, values = attached_as(connection.attachment)
    return delete(
        Part.CONNECTION,
        connection_table(),
        connection_key(connection.connection_id),
        condition=condition,
        values=values,
        decode=to_connection,
    )


def attached_as(attachment: Attachment | None) -> tuple[str, dict[str, Scalar]]:
    """The condition that the connection is there and attached so, or to nothing (none)."""
    if attachment is None:
        return "attribute_exists(connectionId) AND attribute_not_exists(sessionId)", {}
    return (
        "sessionId = :wasSession AND #role = :wasRole AND generation = :wasGeneration AND #shard = :wasShard",
        {
            "wasSession": attachment.session_id,
            "wasRole": attachment.role.value,
            "wasGeneration": attachment.generation,
            "wasShard": attachment.shard,
        },
    )


_NAMES = {"role": "#role", "shard": "#shard"}


def _attachment_fields(attachment: Attachment) -> dict[str, Scalar]:
    fields: dict[str, Scalar] = {
        "sessionId": attachment.session_id,
        "role": attachment.role.value,
        "generation": attachment.generation,
        "shard": attachment.shard,
    }
    if attachment.target_language is not None:
        fields["targetLanguage"] = attachment.target_language
    return fields

"""Items of the connections table, and the conditional writes on them."""

from typing import Any

from adapters.dynamodb.client import table
from adapters.dynamodb.session_items import due_shard
from adapters.dynamodb.writes import Decoder, Scalar, Values, Write, delete, put, to_item, to_value, update
from domain.model import NO_SLOT, Attachment, Connection, Role
from domain.ports import Condition

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
        slot=item.get("slot", NO_SLOT),
        joined_at=item.get("joinedAt", 0),
        target_language=item.get("targetLanguage"),
        on_channel=item.get("onChannel", False),
    )


def put_connection(connection: Connection) -> Write:
    """Return the write of a new connection. API Gateway reuses no id, so a repeat is the same connection."""
    return put(Condition.CONNECTION, connection_table(), connection_item(connection))


def update_connection(
    connection_id: str,
    expression: str,
    *,
    condition: str,
    values: dict[str, Scalar],
    decode: Decoder | None = to_connection,
) -> Write:
    """Return a write of some attributes of a connection."""
    return update(
        Condition.CONNECTION,
        connection_table(),
        connection_key(connection_id),
        expression,
        condition=condition,
        values=values,
        decode=decode,
    )


def attach(
    connection_id: str,
    attachment: Attachment,
    instead_of: Attachment | None,
    now: int,
    *,
    has_channel: bool = False,
) -> Write:
    """Return the write that attaches a connection with a valid token and the attachment `instead_of`.

    With `has_channel`, it overwrites what a release without channels left of an earlier attachment.
    """
    fields = _attachment_fields(attachment)
    if has_channel or (instead_of is not None and instead_of.on_channel):
        fields["onChannel"] = attachment.on_channel
    sets = ", ".join(f"{_NAMES.get(name, name)} = :{name}" for name in fields)
    removed = "" if attachment.target_language else " REMOVE targetLanguage"
    condition, values = attached_as(instead_of)
    return update_connection(
        connection_id,
        f"SET {sets}{removed}",
        condition=f"{condition} AND {UNEXPIRED}",
        values={**fields, **values, "now": now},
    )


def release(connection_id: str, attachment: Attachment) -> Write:
    """Return the write that removes exactly this attachment."""
    condition, values = attached_as(attachment)
    on_channel = ", onChannel" if attachment.on_channel else ""
    return update_connection(
        connection_id,
        "SET leftSessionId = sessionId "
        f"REMOVE sessionId, #role, generation, #shard, slot, joinedAt, targetLanguage{on_channel}",
        condition=condition,
        values=values,
    )


def retarget(
    connection_id: str, attachment: Attachment, to: Attachment, *, has_channel: bool = False
) -> Write:
    """Return the write of what `to` says otherwise for the same attachment.

    A change to the channel, or from it, counts as the beginning of a join. With `has_channel`, the condition
    is also that the attachment is on the channel, or is not, as `attachment` says.
    """
    condition, values = attached_as(attachment)
    if has_channel:
        was_off = "" if attachment.on_channel else "attribute_not_exists(onChannel) OR "
        condition = f"{condition} AND ({was_off}onChannel = :wasOn)"
        values = {**values, "wasOn": attachment.on_channel}
    assignments, changes = retargeted(attachment, to)
    if "onChannel" in assignments:
        assignments, changes = f"{assignments}, joinedAt = :joined", {**changes, "joined": to.joined_at}
    return update_connection(connection_id, assignments, condition=condition, values={**values, **changes})


def retargeted(attachment: Attachment, to: Attachment) -> tuple[str, dict[str, Scalar]]:
    """Return the assignments of a listener's language, and of the channel if either attachment is on it."""
    values: dict[str, Scalar] = {"language": to.target_language or ""}
    if not attachment.on_channel and not to.on_channel:
        return "SET targetLanguage = :language", values
    return "SET targetLanguage = :language, onChannel = :on", {**values, "on": to.on_channel}


def set_token(connection_id: str, *, subject: str, expires_at: int, due_at: int) -> Write:
    """Return the write of a newer token of the same subject."""
    return update_connection(
        connection_id,
        "SET tokenExpiresAt = :expires, dueAt = :due",
        condition="subject = :subject",
        values={"expires": expires_at, "due": due_at, "subject": subject},
    )


def delete_connection(connection: Connection) -> Write:
    """Return the write that deletes a connection if its attachment is unchanged."""
    condition, values = attached_as(connection.attachment)
    return delete(
        Condition.CONNECTION,
        connection_table(),
        connection_key(connection.connection_id),
        condition=condition,
        values=values,
        decode=to_connection,
    )


def attached_as(attachment: Attachment | None) -> tuple[str, dict[str, Scalar]]:
    """Return the condition that the connection exists with this attachment, or with none if it is None."""
    if attachment is None:
        return "attribute_exists(connectionId) AND attribute_not_exists(sessionId)", {}
    condition = (
        "sessionId = :wasSession AND #role = :wasRole AND generation = :wasGeneration AND #shard = :wasShard"
    )
    values: dict[str, Scalar] = {
        "wasSession": attachment.session_id,
        "wasRole": attachment.role.value,
        "wasGeneration": attachment.generation,
        "wasShard": attachment.shard,
    }
    if attachment.slot == NO_SLOT:
        return f"{condition} AND attribute_not_exists(slot)", values
    return f"{condition} AND slot = :wasSlot", {**values, "wasSlot": attachment.slot}


_NAMES = {"role": "#role", "shard": "#shard"}


def _attachment_fields(attachment: Attachment) -> dict[str, Scalar]:
    fields: dict[str, Scalar] = {
        "sessionId": attachment.session_id,
        "role": attachment.role.value,
        "generation": attachment.generation,
        "shard": attachment.shard,
        "slot": attachment.slot,
        "joinedAt": attachment.joined_at,
    }
    if attachment.target_language is not None:
        fields["targetLanguage"] = attachment.target_language
    if attachment.on_channel:
        fields["onChannel"] = True
    return fields

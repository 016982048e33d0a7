"""Connections in DynamoDB (domain.ports.Connections). Each method is one call, unless told otherwise."""

from contextlib import suppress

from adapters.dynamodb.client import MAX_ATTEMPTS, call, client, transact, write
from adapters.dynamodb.connection_items import (
    connection_key,
    connection_table,
    delete_connection,
    put_connection,
    release,
    to_connection,
)
from adapters.dynamodb.detachment import detach_with
from adapters.dynamodb.listener_items import delete_listener
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.values import from_item
from adapters.dynamodb.writes import update
from domain.model import Attachment, Connection, Limit, Role
from domain.ports import Part, Refused, RetryBudget


class DynamoConnections:
    """The limits carry the one that counts new connections."""

    def __init__(self, limits: DynamoRateLimits) -> None:
        self._limits = limits

    def get(self, connection_id: str) -> Connection | None:
        answer = call(
            lambda: client().get_item(
                TableName=connection_table(), Key=connection_key(connection_id), ConsistentRead=True
            )
        )
        return to_connection(from_item(answer["Item"])) if "Item" in answer else None

    def open(self, connection: Connection, *, limit: Limit | None) -> None:
        self._limits.transact([put_connection(connection)], limit)

    def close(self, connection: Connection, *, grace_until: int, retry_budget: RetryBudget) -> None:
        tries = MAX_ATTEMPTS[retry_budget]
        attachment, own = connection.attachment, delete_connection(connection)
        if attachment is None:
            write(own)
        elif attachment.role is Role.LISTENER:
            row = delete_listener(attachment.session_id, attachment.shard, connection.connection_id)
            transact([own, *row], tries=tries)
        else:
            detach_with(
                [own],
                connection.connection_id,
                attachment,
                grace_until=grace_until,
                tries=tries,
            )

    def forget(self, connection: Connection) -> None:
        write(delete_connection(connection))

    def release(self, connection_id: str, attachment: Attachment) -> None:
        with suppress(Refused):
            write(release(connection_id, attachment))

    def set_token(self, connection_id: str, *, subject: str, expires_at: int, due_at: int) -> None:
        write(
            update(
                Part.CONNECTION,
                connection_table(),
                connection_key(connection_id),
                "SET tokenExpiresAt = :expires, dueAt = :due",
                condition="subject = :subject",
                values={"expires": expires_at, "due": due_at, "subject": subject},
                decode=to_connection,
            )
        )

"""Listeners in DynamoDB (domain.ports.Listeners). Each method is one call unless a read was cut short."""

from typing import Any, cast

from adapters.dynamodb.client import MAX_ATTEMPTS, NotCarriedOutError, call, client, transact
from adapters.dynamodb.connection_items import attach, release, retarget
from adapters.dynamodb.listener_items import (
    COUNT,
    count_one_more,
    delete_listener,
    listener_key,
    listener_table,
    put_listener,
    retarget_listener,
    rows_after,
    to_listener,
    to_shard_count,
)
from adapters.dynamodb.rate_limits import DynamoRateLimits
from adapters.dynamodb.request_items import put_request
from adapters.dynamodb.values import from_item
from domain.model import Attachment, Limit, ListenerPage, RequestRecord, ShardCount
from domain.ports import RetryBudget

READS = 3
"""How often a batch that DynamoDB answered in part is asked for the rest."""


class DynamoListeners:
    """The limits carry the one that counts joins."""

    def __init__(self, limits: DynamoRateLimits) -> None:
        self._limits = limits

    def join(
        self,
        *,
        connection_id: str,
        attachment: Attachment,
        instead_of: Attachment | None,
        limit: Limit | None,
        ttl: int,
        now: int,
    ) -> None:
        writes = [
            count_one_more(attachment.session_id, attachment.shard),
            put_listener(connection_id, attachment, joined_at=now, ttl=ttl),
            attach(connection_id, attachment, instead_of, now),
        ]
        self._limits.transact(writes, limit)

    def retarget(self, *, connection_id: str, attachment: Attachment, target_language: str) -> None:
        transact(
            [
                retarget_listener(connection_id, attachment, target_language),
                retarget(connection_id, attachment, target_language),
            ]
        )

    def leave(self, *, connection_id: str, attachment: Attachment, request: RequestRecord | None) -> None:
        transact(
            [
                *delete_listener(attachment.session_id, attachment.shard, connection_id),
                release(connection_id, attachment),
                *put_request(request),
            ]
        )

    def drop(self, *, connection_id: str, session_id: str, shard: int) -> None:
        transact(delete_listener(session_id, shard, connection_id), tries=MAX_ATTEMPTS[RetryBudget.QUICK])

    def counts(self, session_id: str, shards: int) -> list[ShardCount]:
        wanted: dict[str, Any] = {
            listener_table(): {
                "Keys": [listener_key(session_id, shard, COUNT) for shard in range(shards)],
                "ConsistentRead": True,
            }
        }
        found: list[ShardCount] = []
        for _ in range(READS):
            request = wanted
            answer = cast(dict[str, Any], call(lambda: client().batch_get_item(RequestItems=request)))  # noqa: B023
            found += [
                to_shard_count(from_item(item)) for item in answer["Responses"].get(listener_table(), [])
            ]
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return sorted(found, key=lambda count: count.shard)
        raise NotCarriedOutError

    def page(
        self, session_id: str, shard: int, *, cursor: str | None = None, size: int = 1000
    ) -> ListenerPage:
        answer = call(
            lambda: client().query(
                TableName=listener_table(),
                ConsistentRead=True,
                Limit=size,
                **rows_after(session_id, shard, cursor),
            )
        )
        last = answer.get("LastEvaluatedKey")
        return ListenerPage(
            listeners=tuple(to_listener(from_item(item)) for item in answer["Items"]),
            cursor=from_item(last)["connectionId"] if last else None,
        )

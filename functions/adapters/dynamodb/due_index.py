"""The `due` indexes of DynamoDB (keep_alive.schedule.DueIndex, domain.ports.PostponeCheck)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from adapters.dynamodb.client import query_pages, write
from adapters.dynamodb.connection_items import connection_table, to_connection, update_connection
from adapters.dynamodb.session_items import session_table
from adapters.dynamodb.writes import Scalar, to_item
from domain.errors import UnavailableError
from domain.model import Session
from domain.ports import ConditionFailed, Sessions
from keep_alive.schedule import DueConnection, ScheduledPush

INDEX = "due"
PAGE_ITEMS = 100
"""Items that a run processes at a time, and may process twice."""

MAX_CONCURRENT_WRITES = 10
"""Each takes a connection of its own."""


class DynamoDBDueIndex:
    """Index reads are eventually consistent, so each write has a condition."""

    def __init__(self, sessions: Sessions, page_items: int = PAGE_ITEMS) -> None:
        self._sessions = sessions
        self._page_items = page_items

    def connections(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[DueConnection]]:
        for items in self._pages(connection_table(), shard, since, until):
            yield [
                DueConnection(connection=to_connection(item), token_noticed=item.get("tokenNoticed"))
                for item in items
            ]

    def sessions(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[Session]]:
        """The index has keys only, so that a publish does not write to it; each session is read."""
        for items in self._pages(session_table(), shard, since, until):
            found = (self._sessions.get(str(item["sessionId"])) for item in items)
            sessions = [session for session in found if session is not None]
            if sessions:
                yield sessions

    def record(self, pushes: Sequence[ScheduledPush]) -> list[bool]:
        if not pushes:
            return []
        with ThreadPoolExecutor(min(MAX_CONCURRENT_WRITES, len(pushes))) as writers:
            return list(writers.map(_record, pushes))

    def _pages(self, table: str, shard: int, since: int, until: int) -> Iterator[list[dict[str, Any]]]:
        pages = query_pages(
            {
                "TableName": table,
                "IndexName": INDEX,
                "Limit": self._page_items,
                "KeyConditionExpression": "dueShard = :shard AND dueAt BETWEEN :since AND :until",
                "ExpressionAttributeValues": to_item(
                    {":shard": str(shard), ":since": since, ":until": max(since, until)}
                ),
            }
        )
        return filter(None, pages)


def postpone_check(connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
    """As in the port, in one call."""
    with suppress(ConditionFailed):
        write(
            update_connection(
                connection_id,
                "SET dueAt = :due",
                condition="dueAt > :now AND dueAt < :due AND (attribute_not_exists(tokenExpiresAt) "
                "OR tokenExpiresAt > :token OR tokenExpiresAt = tokenNoticed)",
                values={"due": due_at, "now": now, "token": token_after},
                decode=None,
            )
        )


def _record(push: ScheduledPush) -> bool:
    values: dict[str, Scalar] = {"due": push.due_at, "expected": push.expected_due_at}
    sets = ["dueAt = :due"]
    if push.refresh_notified_at is not None:
        sets.append("refreshNotifiedAt = :notified")
        values["notified"] = push.refresh_notified_at
    if push.token_noticed is not None:
        sets.append("tokenNoticed = :noticed")
        values["noticed"] = push.token_noticed
    recording = update_connection(
        push.connection_id,
        f"SET {', '.join(sets)}",
        condition="dueAt = :expected",
        values=values,
        decode=None,
    )
    try:
        write(recording)
    except (ConditionFailed, UnavailableError):
        return False
    return True

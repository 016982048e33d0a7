"""The `due` indexes of DynamoDB (keep_alive.run.DueIndex)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, cast

from adapters.dynamodb.client import call, client, write
from adapters.dynamodb.connection_items import connection_key, connection_table, to_connection
from adapters.dynamodb.session_items import session_table
from adapters.dynamodb.values import Scalar, from_item, to_item
from adapters.dynamodb.writes import update
from domain.errors import UnavailableError
from domain.model import Session
from domain.ports import Part, Refused, Sessions
from keep_alive.run import DueConnection
from keep_alive.schedule import Visit

INDEX = "due"
PAGE = 100
"""Items a page: what a run does at a time, and so may do twice."""

WRITERS = 10
"""Writes at a time; botocore keeps as many connections."""


class DynamoDueIndex:
    """Reads are eventually consistent, as all of an index are; so each write has its condition."""

    def __init__(self, sessions: Sessions, page: int = PAGE) -> None:
        self._sessions = sessions
        self._page = page

    def connections(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[DueConnection]]:
        for items in self._pages(connection_table(), shard, since, until):
            yield [
                DueConnection(connection=to_connection(item), token_noticed=item.get("tokenNoticed"))
                for item in items
            ]

    def sessions(self, shard: int, *, since: int, until: int) -> Iterator[Sequence[Session]]:
        """The index has keys only, so that a publish does not write it; each session is read."""
        for items in self._pages(session_table(), shard, since, until):
            found = (self._sessions.get(str(item["sessionId"])) for item in items)
            sessions = [session for session in found if session is not None]
            if sessions:
                yield sessions

    def record(self, visits: Sequence[Visit]) -> list[bool]:
        if not visits:
            return []
        with ThreadPoolExecutor(min(WRITERS, len(visits))) as writers:
            return list(writers.map(_record, visits))

    def _pages(self, table: str, shard: int, since: int, until: int) -> Iterator[list[dict[str, Any]]]:
        query: dict[str, Any] = {
            "TableName": table,
            "IndexName": INDEX,
            "Limit": self._page,
            "KeyConditionExpression": "dueShard = :shard AND dueAt BETWEEN :since AND :until",
            "ExpressionAttributeValues": to_item(
                {":shard": str(shard), ":since": since, ":until": max(since, until)}
            ),
        }
        while True:
            arguments = dict(query)
            answer = cast(dict[str, Any], call(lambda: client().query(**arguments)))  # noqa: B023
            if answer["Items"]:
                yield [from_item(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def push_forward(connection_id: str, *, due_at: int, now: int, token_after: int) -> None:
    """Let a connection that is alive be due later, in one call.

    Not where it is due already, or where its token ends before `token_after` without its having been told:
    then the run has something to say, and looks at it as planned.
    """
    with suppress(Refused):
        write(
            update(
                Part.CONNECTION,
                connection_table(),
                connection_key(connection_id),
                "SET dueAt = :due",
                condition="dueAt > :now AND dueAt < :due AND (attribute_not_exists(tokenExpiresAt) "
                "OR tokenExpiresAt > :token OR tokenExpiresAt = tokenNoticed)",
                values={"due": due_at, "now": now, "token": token_after},
            )
        )


def _record(visit: Visit) -> bool:
    values: dict[str, Scalar] = {"due": visit.due_at, "seen": visit.seen}
    sets = ["dueAt = :due"]
    if visit.refresh_notified_at is not None:
        sets.append("refreshNotifiedAt = :notified")
        values["notified"] = visit.refresh_notified_at
    if visit.token_noticed is not None:
        sets.append("tokenNoticed = :noticed")
        values["noticed"] = visit.token_noticed
    try:
        write(
            update(
                Part.CONNECTION,
                connection_table(),
                connection_key(visit.connection_id),
                f"SET {', '.join(sets)}",
                condition="dueAt = :seen",
                values=values,
            )
        )
    except (Refused, UnavailableError):
        return False
    return True

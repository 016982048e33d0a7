"""The message log in DynamoDB (domain.message_log.MessageLog)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from adapters.dynamodb.client import NotCarriedOutError, call, client, table, transact
from adapters.dynamodb.request_items import get_request, put_request
from adapters.dynamodb.session_items import RUNNING, update_session
from adapters.dynamodb.values import Values, from_item, to_item, to_value
from adapters.dynamodb.writes import Write, put
from domain.message_log import Body, Entry
from domain.model import AsSpeaker, RequestRecord, Session, Status
from domain.ports import Part

READS = 3
"""How often a batch that DynamoDB answered in part is asked for the rest."""

BATCH = 100
"""Keys that one BatchGetItem takes."""


class DynamoMessageLog:
    """Items are kept for `max_age` seconds; DynamoDB deletes them some time after that, in any order."""

    def __init__(self, *, max_age: int) -> None:
        self._max_age = max_age

    def append(self, entry: Entry, *, to: Session, by: AsSpeaker, request: RequestRecord | None) -> None:
        """As in the port; one call."""
        ttl = entry.published_at + self._max_age
        item = entry_item(entry) | to_item({"ttl": ttl})
        row = put(Part.SESSION, message_table(), item)
        transact([raise_head(entry, to, by), row, *put_request(request)])

    def request(self, key: str) -> RequestRecord | None:
        """As in the port; one call."""
        return get_request(key)

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        """As in the port; one call for a hundred offsets, unless an answer came in parts."""
        found: list[Entry] = []
        for start in range(0, len(offsets), BATCH):
            found += self._batch(
                [entry_key(session_id, epoch, one) for one in offsets[start : start + BATCH]]
            )
        return sorted(found, key=lambda entry: entry.offset)

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        """As in the port; one call for each megabyte."""
        found: list[Entry] = []
        page: dict[str, Any] = {}
        while True:
            answer = cast(dict[str, Any], call(_query(session_id, epoch, first, last, page)))
            found += [to_entry(from_item(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _batch(self, keys: list[Values]) -> list[Entry]:
        wanted: dict[str, Any] = {message_table(): {"Keys": keys, "ConsistentRead": True}}
        found: list[Entry] = []
        for _ in range(READS):
            request = wanted
            answer = cast(dict[str, Any], call(lambda: client().batch_get_item(RequestItems=request)))  # noqa: B023
            found += [to_entry(from_item(item)) for item in answer["Responses"].get(message_table(), [])]
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
        raise NotCarriedOutError


def message_table() -> str:
    return table("MESSAGES_TABLE")


def log_key(session_id: str, epoch: str) -> str:
    return f"{session_id}#{epoch}"


def entry_key(session_id: str, epoch: str, offset: int) -> Values:
    return to_item({"logKey": log_key(session_id, epoch), "offset": offset})


def raise_head(entry: Entry, to: Session, by: AsSpeaker) -> Write:
    """The session's next offset, if nobody took it, and this is the speaker of an active session."""
    return update_session(
        entry.session_id,
        "SET head = :next, rateWindow = :window, rateCount = :count",
        f"{RUNNING} AND #status = :active AND speakerConnectionId = :speaker AND generation = :generation "
        "AND epoch = :epoch AND head = :head",
        {
            "next": entry.offset,
            "window": to.rate_window,
            "count": to.rate_count,
            "active": Status.ACTIVE.value,
            "speaker": by.connection_id,
            "generation": by.generation,
            "epoch": entry.epoch,
            "head": to.head,
            "now": entry.published_at,
        },
    )


def entry_item(entry: Entry) -> Values:
    body = entry.body
    return entry_key(entry.session_id, entry.epoch, entry.offset) | to_item(
        {
            "data": body and body.data,
            "contentType": body and body.content_type,
            "encoding": body and body.encoding,
            "targetLanguages": None if entry.target_languages is None else " ".join(entry.target_languages),
            "variants": _variants_to_json(entry.variants) if entry.variants else None,
            "publishedAt": entry.published_at,
        }
    )


def to_entry(item: dict[str, Any]) -> Entry:
    session_id, _, epoch = item["logKey"].rpartition("#")
    body = None
    if "data" in item:
        body = Body(data=item["data"], content_type=item["contentType"], encoding=item["encoding"])
    targets: str | None = item.get("targetLanguages")
    return Entry(
        session_id=session_id,
        epoch=epoch,
        offset=item["offset"],
        published_at=item["publishedAt"],
        body=body,
        target_languages=None if targets is None else tuple(targets.split()),
        variants=_variants_from_json(item["variants"]) if "variants" in item else {},
    )


def _query(session_id: str, epoch: str, first: int, last: int, page: Mapping[str, Any]) -> Any:
    return lambda: client().query(
        TableName=message_table(),
        ConsistentRead=True,
        KeyConditionExpression="logKey = :log AND #offset BETWEEN :first AND :last",
        ExpressionAttributeNames={"#offset": "offset"},
        ExpressionAttributeValues={
            ":log": to_value(log_key(session_id, epoch)),
            ":first": to_value(first),
            ":last": to_value(last),
        },
        **page,
    )


def _variants_to_json(variants: Mapping[str, Body | None]) -> str:
    plain = {
        language: body and [body.data, body.content_type, body.encoding]
        for language, body in variants.items()
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _variants_from_json(text: str) -> dict[str, Body | None]:
    plain: dict[str, list[str] | None] = json.loads(text)
    return {
        language: Body(data=fields[0], content_type=fields[1], encoding=fields[2]) if fields else None
        for language, fields in plain.items()
    }

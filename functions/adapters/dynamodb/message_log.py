"""The message log in DynamoDB (domain.ports.MessageLog)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.dynamodb.client import batch_get, query_pages, table, transact
from adapters.dynamodb.session_items import (
    CLOSE_BATCH,
    FORGET_BATCHES,
    HAS_BATCH,
    RUNNING,
    get_request,
    has_channel_languages,
    put_request,
    update_session,
)
from adapters.dynamodb.writes import Scalar, Values, Write, put, to_item
from domain.message_log import Body, Entry
from domain.model import RequestRecord, Session, SpeakerAuthority, Status
from domain.ports import Condition


class DynamoDBMessageLog:
    """Items expire after `max_age_seconds`. DynamoDB deletes them later than that, in any order."""

    def __init__(self, *, max_age_seconds: int, has_channel: bool = False) -> None:
        """With `has_channel`, an append has the channel's languages as a part of its condition."""
        self._max_age_seconds = max_age_seconds
        self._has_channel = has_channel

    def append(
        self, entry: Entry, *, to: Session, by: SpeakerAuthority, request: RequestRecord | None
    ) -> None:
        """As in the port, in one call."""
        ttl = entry.published_at + self._max_age_seconds
        item = entry_item(entry) | to_item({"ttl": ttl})
        row = put(Condition.SESSION, message_table(), item)
        raised = raise_head(entry, to, by, has_channel=self._has_channel)
        transact([raised, row, *put_request(request)])

    def request(self, key: str) -> RequestRecord | None:
        """As in the port, in one call."""
        return get_request(key)

    def at(self, session_id: str, epoch: str, offsets: Sequence[int]) -> list[Entry]:
        """As in the port, in one call for each hundred offsets."""
        items = batch_get(message_table(), [entry_key(session_id, epoch, offset) for offset in offsets])
        return sorted(map(to_entry, items), key=lambda entry: entry.offset)

    def entries(self, session_id: str, epoch: str, *, first: int, last: int) -> list[Entry]:
        """As in the port, in one call for each megabyte."""
        pages = query_pages(
            {
                "TableName": message_table(),
                "ConsistentRead": True,
                "KeyConditionExpression": "logKey = :log AND #offset BETWEEN :first AND :last",
                "ExpressionAttributeNames": {"#offset": "offset"},
                "ExpressionAttributeValues": to_item(
                    {":log": log_key(session_id, epoch), ":first": first, ":last": last}
                ),
            }
        )
        return [to_entry(item) for page in pages for item in page]


def message_table() -> str:
    return table("MESSAGES_TABLE")


def log_key(session_id: str, epoch: str) -> str:
    return f"{session_id}#{epoch}"


def entry_key(session_id: str, epoch: str, offset: int) -> Values:
    return to_item({"logKey": log_key(session_id, epoch), "offset": offset})


def raise_head(entry: Entry, to: Session, by: SpeakerAuthority, *, has_channel: bool) -> Write:
    """Return the write of the session's next offset by the speaker of an active session.

    The shards in use are those that the fan-out reads afterwards, so they are a part of the condition. So is
    the batch that the entry joins, and so are the channel's languages, to which the fan-out publishes.
    """
    languages, channel = has_channel_languages(to) if has_channel else ("", dict[str, Scalar]())
    set_batch, in_batch, batch = _join_batch(entry, to)
    return update_session(
        entry.session_id,
        f"SET head = :next, rateWindow = :window, rateCount = :count{set_batch}",
        f"{RUNNING} AND #status = :active AND speakerConnectionId = :speaker AND generation = :generation "
        "AND epoch = :epoch AND head = :head "
        f"AND (attribute_not_exists(shardsInUse) OR shardsInUse = :shards){languages}{in_batch}",
        {
            "next": entry.offset,
            "window": to.rate_window,
            "count": to.rate_count,
            "active": Status.ACTIVE.value,
            "speaker": by.connection_id,
            "generation": by.generation,
            "epoch": entry.epoch,
            "head": to.head,
            "shards": to.shards_in_use,
            "now": entry.published_at,
            **channel,
            **batch,
        },
    )


def _join_batch(entry: Entry, to: Session) -> tuple[str, str, dict[str, Scalar]]:
    """Return the assignments, the condition and the values by which an entry starts or joins a batch.

    An entry that is sent at once, with what waits, removes all that the session says of batches.
    The condition on the head admits one batch alone, so that it is enough to know whether it is still open.
    """
    batch = to.batch
    if batch is None:
        return FORGET_BATCHES if to.closed else "", "", {}
    if batch.first < entry.offset:
        return ", batchBytes = :bytes", f" AND {HAS_BATCH}", {"bytes": batch.size}
    closing, is_open = (f", {CLOSE_BATCH}", f" AND {HAS_BATCH}") if to.closed else ("", "")
    return (
        f", batchFirst = :next, batchDueAt = :batchDue, batchBytes = :bytes{closing}",
        is_open,
        {"batchDue": batch.due_at, "bytes": batch.size},
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

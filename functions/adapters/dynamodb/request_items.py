"""The requests table: what makes a repeated request harmless."""

from typing import Any

from adapters.dynamodb.client import call, client, table
from adapters.dynamodb.values import from_item, to_item
from adapters.dynamodb.writes import Write, put
from domain.model import RequestRecord
from domain.ports import Part


def to_record(item: dict[str, Any]) -> RequestRecord:
    return RequestRecord(
        key=item["requestKey"], session_id=item["sessionId"], offset=item.get("offset"), ttl=item["ttl"]
    )


def get_request(key: str) -> RequestRecord | None:
    """What is noted of the request with this key; one strongly consistent read."""
    answer = call(
        lambda: client().get_item(
            TableName=table("REQUESTS_TABLE"), Key=to_item({"requestKey": key}), ConsistentRead=True
        )
    )
    return to_record(from_item(answer["Item"])) if "Item" in answer else None


def put_request(record: RequestRecord | None) -> list[Write]:
    """The note that a request was carried out, if it was not before; nothing for a request without an id."""
    if record is None:
        return []
    fields = {
        "requestKey": record.key,
        "sessionId": record.session_id,
        "offset": record.offset,
        "ttl": record.ttl,
    }
    condition = "attribute_not_exists(requestKey)"
    return [
        put(Part.REQUEST, table("REQUESTS_TABLE"), to_item(fields), condition=condition, decode=to_record)
    ]

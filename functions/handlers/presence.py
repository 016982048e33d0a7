"""The listeners table's stream: each batch tells a session's speaker once how many listen."""

from typing import Any

from container import container
from domain.digest import short_digest
from handlers.observed import observed

presence, metrics = container.presence, container.metrics

NONE = {"N": "0"}
"""A counter that is not there yet, or no more, and one at none are alike: a new session is no news."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Report the counters that changed, to all speakers; those that could not be told come again.

    So does what comes after the first of them in the batch: whoever was told is told twice. A record
    without a session is counted and passed over, for it would block its shard for ever. Source of the
    answer's form: Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda".
    """
    metrics.begin("presence")
    first_record: dict[str, str] = {}
    for record in event["Records"]:
        try:
            change = record["dynamodb"]
            new, old = change.get("NewImage", {}), change.get("OldImage", {})
            session_id = (new or old)["sessionId"]["S"]
            if new.get("listeners", NONE) != old.get("listeners", NONE):
                first_record.setdefault(session_id, change["SequenceNumber"])
        except (KeyError, TypeError, AttributeError):
            metrics.count("PresenceMalformed")
    metrics.flush()
    failed = [number for session_id, number in first_record.items() if not _told(session_id)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _told(session_id: str) -> bool:
    _, error = observed("presence", short_digest(session_id), lambda: presence(session_id))
    return error is None

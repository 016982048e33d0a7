"""The function of the stream of slots: follows the number of listeners of each session."""

from typing import Any

from container import container
from domain.digest import short_digest
from handlers.observed import observed
from handlers.time_limit import Context, time_limit

presence, metrics = container.presence, container.metrics


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Handle each session of a batch once, and report the records to retry.

    A record is of a slot that was taken or became free. Failed records are retried together with all later
    records of the batch, so some speakers are notified twice. A record without a session is counted and
    skipped, since it would block its shard. Source of the response's form: Lambda Developer Guide,
    "Configuring partial batch response with DynamoDB and Lambda".
    """
    metrics.begin("presence")
    first_record: dict[str, str] = {}
    for record in event["Records"]:
        try:
            change = record["dynamodb"]
            new, old = change.get("NewImage", {}), change.get("OldImage", {})
            session_id = (new or old)["sessionId"]["S"]
            first_record.setdefault(session_id, change["SequenceNumber"])
        except (KeyError, TypeError, AttributeError):
            metrics.count("PresenceMalformed")
    metrics.flush()
    with time_limit(context):
        failed = [number for session_id, number in first_record.items() if not _notify(session_id)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _notify(session_id: str) -> bool:
    _, error = observed("presence", short_digest(session_id), lambda: presence(session_id))
    return error is None

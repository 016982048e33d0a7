"""The fan-out queue's function: serves the shards that publish, a broadcast or an earlier try left to it."""

from typing import Any, Protocol

from container import container
from domain.digest import short_digest
from domain.errors import UnavailableError
from fan_out.tasks import ShardTask, to_task
from handlers.observed import observed

serve = container.fan_out_consumer
queue, logger, metrics = container.queue, container.logger, container.metrics


class Context(Protocol):
    """What of Lambda's context object is used."""

    aws_request_id: str


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Serve a batch, all shards at once, and report the messages that have to come again, and soon.

    A message that is no task is counted and dropped: no try of it could succeed. Source of the answer's form:
    Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial batch responses).
    """
    metrics.begin("fanOut")
    records: list[dict[str, Any]] = []
    tasks: list[ShardTask] = []
    for record in event["Records"]:
        try:
            tasks.append(to_task(record["body"], _receipts(record)))
        except (KeyError, ValueError, TypeError):
            metrics.count("FanOutMalformed")
        else:
            records.append(record)
    failed: list[dict[str, Any]] = []
    if tasks:
        served, error = observed("fanOut", context.aws_request_id, lambda: _failures(tasks), tasks=len(tasks))
        failures = [error] * len(tasks) if served is None else served
        failed = [record for record, failure in zip(records, failures, strict=True) if failure is not None]
    if failed:
        _come_again_soon(failed)
    metrics.flush()
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _failures(tasks: list[ShardTask]) -> list[UnavailableError | None]:
    failures = serve(tasks)
    for task, failure in zip(tasks, failures, strict=True):
        if failure is not None:
            metrics.count("FanOutFailed")
            session = short_digest(task.session_id)
            fields = {"shard": task.shard, "receipt": task.receipt}
            logger.warning("not served", failure=failure, session=session, **fields)
    return failures


def _come_again_soon(failed: list[dict[str, Any]]) -> None:
    """Without this they come again too, but only after the queue's visibility timeout."""
    try:
        queue.return_soon([(record["receiptHandle"], _receipts(record)) for record in failed])
    except UnavailableError as failure:
        logger.warning("not returned early", failure=failure)


def _receipts(record: dict[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])

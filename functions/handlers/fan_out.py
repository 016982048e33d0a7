"""The function of the fan-out queue: serves the shards that another function or an earlier attempt queued."""

from typing import Any

from container import container
from domain.digest import short_digest
from domain.errors import UnavailableError
from fan_out.tasks import FanOutTask, FlushTask, to_task
from handlers.observed import observed
from handlers.time_limit import Context, time_limit

serve = container.fan_out_consumer
queue, logger, metrics = container.queue, container.logger, container.metrics


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Serve a batch, all shards at once, and report the messages to redeliver.

    A message without a task is counted and dropped, since no attempt can succeed. Source of the response's
    form: Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" (partial batch
    responses).
    """
    metrics.begin("fanOut")
    records: list[dict[str, Any]] = []
    tasks: list[FanOutTask | FlushTask] = []
    for record in event["Records"]:
        try:
            tasks.append(to_task(record["body"], _receive_count(record)))
        except (KeyError, ValueError, TypeError):
            metrics.count("FanOutMalformed")
        else:
            records.append(record)
    with time_limit(context):
        failed = _serve(records, tasks, context.aws_request_id) if tasks else []
        if failed:
            _retry_soon(failed)
    metrics.flush()
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _serve(
    records: list[dict[str, Any]], tasks: list[FanOutTask | FlushTask], correlation_id: str
) -> list[dict[str, Any]]:
    """Serve the tasks; return the records of those that failed."""
    served, error = observed("fanOut", correlation_id, lambda: _failures(tasks), tasks=len(tasks))
    failures = [error] * len(tasks) if served is None else served
    return [record for record, failure in zip(records, failures, strict=True) if failure is not None]


def _failures(tasks: list[FanOutTask | FlushTask]) -> list[UnavailableError | None]:
    failures = serve(tasks)
    for task, failure in zip(tasks, failures, strict=True):
        if failure is not None:
            metrics.count("FanOutFailed")
            session = short_digest(task.session_id)
            fields = {"session": session, "receiveCount": task.receive_count}
            if isinstance(task, FlushTask):
                logger.warning("batch not flushed", failure=failure, **fields)
            else:
                logger.warning("shard not served", failure=failure, shard=task.shard, **fields)
    return failures


def _retry_soon(failed: list[dict[str, Any]]) -> None:
    """Have failed messages redelivered before the queue's visibility timeout ends."""
    try:
        queue.retry_soon([(record["receiptHandle"], _receive_count(record)) for record in failed])
    except UnavailableError as failure:
        logger.warning("retry not advanced", failure=failure)


def _receive_count(record: dict[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])

"""Every request leaves one log line of how it ended, its counts, and never more than that."""

from collections.abc import Callable
from typing import TypeVar

import bootstrap
from domain.errors import ErrorCode, SessionError

Result = TypeVar("Result")


def observed(
    route: str, correlation_id: str, act: Callable[[], Result], **keys: object
) -> tuple[Result | None, SessionError | None]:
    """Act; what goes wrong is returned as the error to tell. `keys` are on each of its log lines."""
    log, metrics = bootstrap.log(), bootstrap.metrics()
    log.begin(correlation_id, route=route, **keys)
    metrics.begin(route)
    try:
        result = act()
    except SessionError as refused:
        cause = bootstrap.failure_fields(refused) if refused.code is ErrorCode.UNAVAILABLE else {}
        log.info("refused", code=refused.code.value, **cause)
        metrics.count(f"Refused.{refused.code.value}")
        return None, refused
    except Exception as failure:
        log.failed(failure)
        metrics.count(f"Refused.{ErrorCode.INTERNAL.value}")
        return None, SessionError()
    else:
        log.info("answered")
        metrics.count("Answered")
        return result, None
    finally:
        metrics.flush()

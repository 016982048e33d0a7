"""Writes one log line of how each request ended, and its counts."""

from collections.abc import Callable
from typing import TypeVar

from container import container
from domain.errors import ErrorCode, SessionError

Result = TypeVar("Result")

logger, metrics = container.logger, container.metrics


def observed(
    route: str, correlation_id: str, act: Callable[[], Result], **keys: object
) -> tuple[Result | None, SessionError | None]:
    """Call `act`; return its result, or the error to reply with. Each log line has the `keys`."""
    logger.begin(correlation_id, route=route, **keys)
    metrics.begin(route)
    try:
        result = act()
    except SessionError as error:
        cause = error if error.code is ErrorCode.UNAVAILABLE else None
        logger.info("refused", code=error.code.value, failure=cause)
        metrics.count(f"Refused.{error.code.value}")
        return None, error
    except Exception as failure:
        logger.failed(failure)
        metrics.count(f"Refused.{ErrorCode.INTERNAL.value}")
        return None, SessionError()
    else:
        logger.info("answered")
        metrics.count("Answered")
        return result, None
    finally:
        metrics.flush()

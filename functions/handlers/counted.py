"""Counts requests towards the limit of their connection, user or address."""

from collections.abc import Callable
from typing import TypeVar

from container import container
from domain.errors import ErrorCode, SessionError
from domain.model import Caller
from domain.rate_limits import RequestLimitExceededError

Result = TypeVar("Result")

UNCOUNTED = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL})
"""Codes of failures that are not the client's."""


def counted(caller: Caller, act: Callable[[], Result], *, refusals_only: bool) -> Result:
    """Count the request and call `act`. Raises RequestLimitExceededError, and what `act` raises.

    With `refusals_only`, a limit of its own counts what `act` does, and only its refusals are requests.
    """
    if not refusals_only:
        _count(caller)
        return act()
    try:
        return act()
    except RequestLimitExceededError:
        raise
    except SessionError as error:
        if error.code not in UNCOUNTED:
            _count(caller)
        raise


def _count(caller: Caller) -> None:
    container.request_limit(caller, container.clock())

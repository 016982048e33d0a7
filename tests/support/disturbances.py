"""Runs requests at once while the local AWS injects what DynamoDB does under load, as clients that retry."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from domain.errors import SessionError, UnavailableError
from tests.support.injected_faults import injected_faults

Result = TypeVar("Result")

HOLD_SECONDS = 0.025
MAX_REQUESTS = 20
"""Requests of a client that gets UNAVAILABLE each time."""

_FIRST_CALL = 31
"""A seed by which the first call that a rule matches gets its fault."""

DISTURBANCES: Mapping[str, Mapping[str, Any]] = {
    "undisturbed": {},
    "conflicts": {"hold_seconds": HOLD_SECONDS, "rules": [{"fault": "conflict", "probability": 0.1}]},
    "throttled keys": {"rules": [{"fault": "throttled", "probability": 0.04}]},
    "slow answers": {
        "rules": [
            {"fault": "delayed", "probability": 0.1, "seconds": 0.2},
            {"fault": "answerDelayed", "probability": 0.1, "seconds": 0.2},
        ]
    },
}


@dataclass(kw_only=True)
class Disturbance:
    """What is injected while requests run at once."""

    endpoint_url: str
    name: str
    injected: Counter[str] = field(default_factory=Counter[str])
    repeated: set[int] = field(default_factory=set[int])
    """Which of the latest requests were sent again."""

    def at_once(self, requests: Sequence[Callable[[], Result]]) -> list[Result | SessionError]:
        """Start all requests together; return each one's result, or the error that refused it.

        A client sends a request again after UNAVAILABLE, which only injected faults cause.
        """
        gate = threading.Barrier(len(requests))
        options = dict(DISTURBANCES[self.name])
        rules = options.pop("rules", [])
        self.repeated = set()

        def run(index: int, request: Callable[[], Result]) -> Result | SessionError:
            gate.wait(timeout=30)
            return self._until_answered(index, request)

        with (
            injected_faults(self.endpoint_url, *rules, **options, seed=_FIRST_CALL) as faults,
            ThreadPoolExecutor(len(requests)) as pool,
        ):
            results = list(pool.map(run, range(len(requests)), requests))
            self.injected.update(faults.counts())
        assert not rules or self.injected, "faults were injected"
        return results

    def _until_answered(self, index: int, request: Callable[[], Result]) -> Result | SessionError:
        max_requests = 1 if self.name == "undisturbed" else MAX_REQUESTS
        for attempt in range(1, max_requests + 1):
            try:
                return request()
            except SessionError as error:
                if not isinstance(error, UnavailableError) or attempt == max_requests:
                    return error
                self.repeated.add(index)
        raise AssertionError("the last request returns")

"""Asks the local AWS to inject DynamoDB's conflicts, throttling and delays for the length of a block."""

import json
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pulumi_local_aws.dynamodb_faults import PATH


@dataclass(frozen=True, kw_only=True)
class InjectedFaults:
    """What a local AWS injects."""

    endpoint_url: str

    def counts(self) -> dict[str, int]:
        """Return how often each fault was injected."""
        return self.request("GET")["injected"]

    def held_items(self) -> int:
        """Return how many items transactions hold now."""
        return self.request("GET")["heldItems"]

    def request(self, method: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request to the local AWS. Raises HTTPError if it refuses the request."""
        body = None if content is None else json.dumps(content).encode()
        url = f"{self.endpoint_url}{PATH}"
        with urllib.request.urlopen(  # noqa: S310 -- an address of this machine
            urllib.request.Request(url, body, method=method),  # noqa: S310
            timeout=10,
        ) as response:
            return json.load(response)


@contextmanager
def injected_faults(
    endpoint_url: str, *rules: Mapping[str, Any], hold_seconds: float = 0, seed: int = 0
) -> Generator[InjectedFaults]:
    """Inject faults while the block runs; `rules` are those of `pulumi_local_aws.dynamodb_faults`."""
    faults = InjectedFaults(endpoint_url=endpoint_url)
    faults.request("POST", {"rules": rules, "holdSeconds": hold_seconds, "seed": seed})
    try:
        yield faults
    finally:
        faults.request("DELETE")

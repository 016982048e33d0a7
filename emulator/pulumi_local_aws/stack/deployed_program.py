"""A deployed program as its tests see it: outputs, AWS clients, and the gateway's clock and faults."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pulumi_local_aws.aws import client
from pulumi_local_aws.errors import CommandError

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class GatewayControl:
    """Controls the WebSocket gateway at `url`, such as `http://127.0.0.1:4510`."""

    url: str

    @contextmanager
    def faster(self, factor: float) -> Generator[None]:
        """Let the gateway's idle and duration limits pass `factor` times as fast, within the context."""
        before = self._call("GET", "health")["timeFactor"]
        self._call("POST", "clock", {"factor": factor})
        try:
            yield
        finally:
            self._call("POST", "clock", {"factor": before})

    @contextmanager
    def faults(self, *rules: Mapping[str, Any], seed: int = 0) -> Generator[None]:
        """Inject faults within the context; the gateway's README lists the rules.

        Raises CommandError if the gateway refuses a rule.
        """
        self._call("POST", f"faults?seed={seed}", list(rules))
        try:
            yield
        finally:
            self._call("DELETE", "faults")

    def connections(self) -> list[dict[str, Any]]:
        """Return the open connections, each with `connectionId`, `apiId` and `connectedAt` among others."""
        return self._call("GET", "connections")

    def disconnect(self, connection_id: str) -> None:
        """Disconnect a client as a lost network does, without a close frame."""
        self._call("DELETE", f"connections/{connection_id}")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_gateway/{path}", data=data, method=method)  # noqa: S310 - our gateway
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                content = answer.read()
        except HTTPError as error:
            raise CommandError(f"the gateway refused {method} {path}: {error.read().decode()}") from error
        return json.loads(content) if content else None


@dataclass(frozen=True, kw_only=True)
class DeployedProgram:
    """One deployed stack: `outputs` has secrets too; `environment` is what the AWS CLI and boto3 read."""

    outputs: Mapping[str, Any]
    environment: Mapping[str, str] = field(repr=False)
    gateway: GatewayControl

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local AWS, such as `client("dynamodb")`."""
        return client(service, self.environment)

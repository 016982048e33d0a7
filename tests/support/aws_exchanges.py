"""Stands between a client of the functions and AWS, where requests have been signed and written."""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from adapters.aws.client import AwsClient
from adapters.http.response import Response


@dataclass(frozen=True, kw_only=True)
class SentRequest:
    """One attempt of a call."""

    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @classmethod
    def of(cls, request: bytes) -> "SentRequest":
        """Read a request as it is written to the connection."""
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return cls(path=first.split(" ")[1], headers=headers, body=body)

    @property
    def operation(self) -> str:
        """The operation of a JSON service, such as GetItem."""
        return self.headers["x-amz-target"].rpartition(".")[2]

    @property
    def arguments(self) -> dict[str, Any]:
        """The operation's arguments."""
        return json.loads(self.body)

    @property
    def attempt(self) -> int:
        """The number of the attempt, from 1."""
        return int(self.headers["amz-sdk-request"].partition(";")[0].removeprefix("attempt="))


Intercept = Callable[[SentRequest, Callable[[], Response]], Response]
"""Takes an attempt and what sends it; returns a response, or raises NoResponseError."""


@contextmanager
def intercepted(*clients: AwsClient, by: Intercept) -> Generator[None]:
    """Let `by` handle each attempt of the clients. Their pauses between attempts take no time."""
    with ExitStack() as restored:
        for client in clients:
            restored.enter_context(_intercepted(client, by))
        yield


@contextmanager
def _intercepted(client: AwsClient, by: Intercept) -> Generator[None]:
    exchange, sleep = client.exchange, client.sleep

    def handle(request: bytes, seconds: float) -> Response:
        return by(SentRequest.of(request), lambda: exchange(request, seconds))

    def skip_pause(_: float) -> None:
        pass

    client.exchange, client.sleep = handle, skip_pause
    try:
        yield
    finally:
        client.exchange, client.sleep = exchange, sleep


def json_response(
    status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """Return a complete response of a service."""
    body = json.dumps(document).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    response = Response()
    assert response.feed(f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return response


def error_response(code: str, *, status: int = 400, **fields: object) -> Response:
    """Return the response of a DynamoDB that refuses the call."""
    return json_response(
        status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "test", **fields}
    )

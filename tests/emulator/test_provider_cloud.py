"""Test the provider's calls: transient errors are retried, permanent ones are named."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

import pytest

from pulumi_local_aws.processes import free_port
from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound

_ANSWER = json.dumps({"TableNames": ["one"]}).encode()


class FlakyAws(ThreadingHTTPServer):
    """A server that returns the statuses of `script` in turn, then success; 0 closes the connection."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[tuple[int, str]] = []
        self.calls = 0


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        aws = cast("FlakyAws", self.server)
        aws.calls += 1
        status, code = aws.script.pop(0) if aws.script else (200, "")
        if not status:
            self.connection.close()
            self.close_connection = True
            return
        body = _ANSWER if status == 200 else json.dumps({"__type": code, "message": "no"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing."""


@pytest.fixture
def aws() -> Iterator[FlakyAws]:
    server = FlakyAws()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _cloud(port: int) -> Cloud:
    return Cloud(
        environment={
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )


@pytest.mark.parametrize(
    "passing", [(503, "ServiceUnavailable"), (400, "ThrottlingException"), (0, "connection reset")]
)
def test_a_transient_error_is_retried(aws: FlakyAws, passing: tuple[int, str]) -> None:
    aws.script = [passing]
    assert _cloud(aws.server_port).call("dynamodb", "ListTables")["TableNames"] == ["one"]
    assert aws.calls == 2


def test_a_permanent_error_has_its_operation_and_code_and_is_not_retried(aws: FlakyAws) -> None:
    aws.script = [(400, "AccessDeniedException")]
    with pytest.raises(AwsError, match=r"ListTables: no \(AccessDeniedException\)"):
        _cloud(aws.server_port).call("dynamodb", "ListTables")
    assert aws.calls == 1


def test_a_missing_resource_raises_not_found(aws: FlakyAws) -> None:
    aws.script = [(400, "ResourceNotFoundException")]
    with pytest.raises(NotFound):
        _cloud(aws.server_port).call("dynamodb", "DescribeTable", TableName="none")


def test_a_call_that_aws_would_refuse_is_not_sent(aws: FlakyAws) -> None:
    with pytest.raises(AwsError, match="TableName: is required"):
        _cloud(aws.server_port).call("dynamodb", "DescribeTable")
    assert aws.calls == 0


def test_an_unreachable_emulator_is_reported_in_one_line() -> None:
    with pytest.raises(AwsError, match="start the local AWS with `make up`"):
        _cloud(free_port()).call("dynamodb", "ListTables")

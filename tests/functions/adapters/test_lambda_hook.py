"""The hook adapter against functions that answer, fail and dawdle."""

import io
import json
import zipfile
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.hook import LambdaHook
from domain.message_log import Body, Entry
from domain.ports import HookError
from examples.hook.app import uppercase
from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack
from tests.support.aws_server import AwsServer, Reply, aws_server
from tests.support.example_session import SESSION

pytestmark = pytest.mark.emulator

SOURCES = {
    "example": Path(uppercase.__file__).read_text(),
    "failing": "def handler(event, context):\n    raise ValueError(event)\n",
    "slow": "import time\ndef handler(event, context):\n    time.sleep(5)\n    return {}\n",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ENTRY = Entry(
    session_id="caring-king-275",
    epoch="0123abcd",
    offset=1,
    published_at=1500,
    body=Body(data="hello", content_type="text/plain", encoding="utf8"),
)
GERMAN = Body(data="HELLO", content_type="text/plain", encoding="utf8")


@pytest.fixture(scope="module")
def hook(tables: MiniStack) -> Callable[..., LambdaHook]:
    """Makes an adapter for one of the functions, which are deployed."""
    role = client("iam", tables.environment).create_role(
        RoleName="hook", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    functions: Any = client("lambda", tables.environment)
    arns: dict[str, str] = {}
    for name, source in SOURCES.items():
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("hook.py", source)
        arns[name] = functions.create_function(
            FunctionName=f"hook-{name}",
            Runtime="python3.13",
            Handler="hook.handler",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": archive.getvalue()},
            Timeout=10,
        )["FunctionArn"]

    def make(name: str, timeout: float = 5.0) -> LambdaHook:
        return LambdaHook(arns.get(name, name), timeout_seconds=timeout, supported_languages=("de", "es"))

    return make


def test_the_answer_changes_the_entry(hook: Callable[..., LambdaHook]) -> None:
    assert hook("example").process(SESSION, ENTRY) == replace(ENTRY, variants={"de": GERMAN})


@pytest.mark.parametrize(
    ("name", "timeout", "reason"),
    [
        ("failing", 5.0, "raised"),
        ("slow", 0.3, "invocation failed"),
        ("no-such-function", 5.0, "invocation failed"),
    ],
)
def test_every_failure_is_a_hook_error(
    hook: Callable[..., LambdaHook], name: str, timeout: float, reason: str
) -> None:
    """Also a function that is too slow: the call is given up in time, and made once."""
    with pytest.raises(HookError, match=reason):
        hook(name, timeout).process(SESSION, ENTRY)


@pytest.fixture
def lambda_server(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    """A server in the place of Lambda's endpoint, whose hook changes nothing."""
    with aws_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def test_a_request_that_meets_a_closed_connection_is_sent_again(lambda_server: AwsServer) -> None:
    """The endpoint closes the connection of the first request as it gets the second one."""
    lambda_server.replies = [Reply(), Reply(is_dropped=True), Reply()]
    hook = LambdaHook("hook", timeout_seconds=5, supported_languages=("de",))
    assert [hook.process(SESSION, ENTRY) for _ in range(2)] == [ENTRY, ENTRY]
    assert len(lambda_server.received) == 3


@pytest.mark.parametrize("reply", [Reply(is_dropped=True), Reply(status=500), Reply(status=429)])
def test_an_invocation_that_fails_is_not_repeated(lambda_server: AwsServer, reply: Reply) -> None:
    lambda_server.replies = [reply]
    hook = LambdaHook("hook", timeout_seconds=5, supported_languages=("de",))
    with pytest.raises(HookError, match="invocation failed"):
        hook.process(SESSION, ENTRY)
    assert len(lambda_server.received) == 1

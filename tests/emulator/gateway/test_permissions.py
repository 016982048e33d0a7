"""Verdicts on callers of `@connections`, and the functions' own policies, asked over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.integrations.resource_policy import FunctionPolicies, allows
from pulumi_local_aws.gateway.json_access import compact
from pulumi_local_aws.gateway.permissions import EmulatorPermissions, ManagementCall

PATH = "/_aws/execute-api/api/live/@connections/L0SM9cOFvHcCIhw%3D"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
SOURCE = "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect"


@dataclass
class Emulator:
    """An HTTP server that answers as told and keeps what it was asked."""

    status: int = 410
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(
        default_factory=list[tuple[str, str, Mapping[str, str], bytes]]
    )
    now: float = 0.0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append((request.method, request.raw_path, request.headers, await request.read()))
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@dataclass
class Asking:
    emulator: Emulator
    permissions: EmulatorPermissions
    policies: FunctionPolicies


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    emulator = Emulator()
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", emulator.answer)
        server = await stack.enter_async_context(TestServer(app))
        address = EmulatorAddress(endpoint_url=str(server.make_url("")).rstrip("/"))
        client = await stack.enter_async_context(EmulatorClient(address))
        yield Asking(
            emulator,
            EmulatorPermissions(client, keep=10, now=lambda: emulator.now),
            FunctionPolicies(client, keep=10, now=lambda: emulator.now),
        )


def call(**changes: str) -> ManagementCall:
    headers = {
        "Host": "127.0.0.1:4510",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAONE/20260101/us-east-1/execute-api/x, ...",
        "X-Amz-Security-Token": "token",
        "Connection": "keep-alive",
    }
    made = ManagementCall(
        method="POST",
        raw_path=PATH,
        host="127.0.0.1:4510",
        headers=headers,
        body=b"push",
        api_id="api",
        stage="live",
    )
    return replace(made, **changes)


async def test_the_call_goes_on_as_it_was_signed(asking: Asking) -> None:
    assert (await asking.permissions.verdict(call())).allowed
    ((method, path, headers, body),) = asking.emulator.asked
    assert (method, path, body) == ("POST", PATH, b"push")
    assert headers["Host"] == "127.0.0.1:4510"
    assert headers["Authorization"] == call().headers["Authorization"]


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_anything_but_403_is_a_yes_and_is_kept(asking: Asking, status: int) -> None:
    asking.emulator.status = status
    for _ in range(3):
        assert (await asking.permissions.verdict(call())).allowed
    assert len(asking.emulator.asked) == 1
    asking.emulator.now = 11
    await asking.permissions.verdict(call())
    assert len(asking.emulator.asked) == 2


async def test_a_yes_is_for_one_credential_verb_api_and_stage(asking: Asking) -> None:
    other_key = call().headers["Authorization"].replace("AKIAONE", "AKIATWO")
    calls = [
        call(),
        call(method="GET"),
        call(api_id="other"),
        call(stage="other"),
        replace(call(), headers={**call().headers, "Authorization": other_key}),
        replace(call(), headers={**call().headers, "X-Amz-Security-Token": "other"}),
    ]
    for each in calls:
        await asking.permissions.verdict(each)
    assert len(asking.emulator.asked) == len(calls)


async def test_403_is_a_no_with_the_emulators_words_and_is_asked_again(asking: Asking) -> None:
    asking.emulator.status = 403
    asking.emulator.body = b'{"message":"no"}'
    asking.emulator.headers = {"x-amzn-ErrorType": "AccessDeniedException"}
    verdict = await asking.permissions.verdict(call())
    assert (verdict.allowed, verdict.status, verdict.error_type, verdict.body) == (
        False,
        403,
        "AccessDeniedException",
        b'{"message":"no"}',
    )
    asking.emulator.status = 410
    assert (await asking.permissions.verdict(call())).allowed


async def test_an_unsigned_call_is_refused_without_asking(asking: Asking) -> None:
    verdict = await asking.permissions.verdict(replace(call(), headers={}))
    assert (verdict.allowed, verdict.status) == (False, 403)
    assert asking.emulator.asked == []


async def test_an_emulator_that_breaks_gives_no_verdict(asking: Asking) -> None:
    asking.emulator.status = 500
    with pytest.raises(OSError, match="HTTP 500"):
        await asking.permissions.verdict(call())


async def test_the_short_path_goes_on_in_the_emulators_form(asking: Asking) -> None:
    await asking.permissions.verdict(call(raw_path=PATH.removeprefix("/_aws/execute-api")))
    assert asking.emulator.asked[0][1] == PATH


async def test_an_emulator_that_is_not_there_is_an_os_error() -> None:
    async with EmulatorClient(EmulatorAddress(endpoint_url="http://127.0.0.1:9")) as client:
        with pytest.raises(OSError, match="does not answer"):
            await client.call("sts", "GET", "/")


def statement(**changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("$connect", "*")}},
    }
    return made | changes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Condition": {}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}},
        {"Action": ["lambda:*"], "Principal": {"Service": ["apigateway.amazonaws.com", "x"]}},
        {"Principal": "*"},
    ],
)
def test_a_policy_that_lets_api_gateway_call(changes: dict[str, object]) -> None:
    assert allows({"Statement": [statement(Effect="Deny"), statement(**changes)]}, SOURCE)


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Action": "lambda:GetFunction"},
        {"Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("api/live", "api/other")}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_a_policy_that_does_not(changes: dict[str, object]) -> None:
    assert not allows({"Statement": [statement(**changes)]}, SOURCE)


async def test_a_functions_policy_is_read_once_and_a_no_again(asking: Asking) -> None:
    asking.emulator.status = 404
    assert not await asking.policies.allow(FUNCTION, SOURCE)
    asking.emulator.status = 200
    asking.emulator.body = compact({"Policy": compact({"Statement": [statement()]})}).encode()
    for _ in range(3):
        assert await asking.policies.allow(FUNCTION, SOURCE)
    assert len(asking.emulator.asked) == 2
    assert asking.emulator.asked[0][1].endswith("function%3Af/policy")

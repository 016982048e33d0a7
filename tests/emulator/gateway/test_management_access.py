"""Decisions on callers of `@connections`, which the emulator's IAM makes."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pulumi_local_aws.gateway.emulator_client import EmulatorAddress, EmulatorClient
from pulumi_local_aws.gateway.management_access import EmulatorManagementAccess, ManagementRequest
from tests.emulator.gateway.recording_emulator import RecordingEmulator

PATH = "/_aws/execute-api/api/live/@connections/L0SM9cOFvHcCIhw%3D"


@pytest.fixture
async def emulator() -> AsyncIterator[RecordingEmulator]:
    async with RecordingEmulator() as emulator:
        yield emulator


@pytest.fixture
def access(emulator: RecordingEmulator) -> EmulatorManagementAccess:
    return EmulatorManagementAccess(emulator.client, cache_seconds=10, now=lambda: emulator.now)


def push(**changes: str) -> ManagementRequest:
    headers = {
        "Host": "127.0.0.1:4510",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAONE/20260101/us-east-1/execute-api/x, ...",
        "X-Amz-Security-Token": "token",
        "Connection": "keep-alive",
    }
    request = ManagementRequest(
        method="POST",
        raw_path=PATH,
        host="127.0.0.1:4510",
        headers=headers,
        body=b"push",
        api_id="api",
        stage="live",
    )
    return replace(request, **changes)


async def test_the_call_is_forwarded_as_signed(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    assert (await access.decide(push())).is_allowed
    (forwarded,) = emulator.requests
    assert (forwarded.method, forwarded.path, forwarded.body) == ("POST", PATH, b"push")
    assert forwarded.headers["Host"] == "127.0.0.1:4510"
    assert forwarded.headers["Authorization"] == push().headers["Authorization"]


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_any_status_but_403_is_allowed_and_cached(
    access: EmulatorManagementAccess, emulator: RecordingEmulator, status: int
) -> None:
    emulator.status = status
    for _ in range(3):
        assert (await access.decide(push())).is_allowed
    assert len(emulator.requests) == 1
    emulator.now = 11
    await access.decide(push())
    assert len(emulator.requests) == 2


async def test_an_allowed_decision_is_for_one_credential_verb_api_and_stage(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    other_key = push().headers["Authorization"].replace("AKIAONE", "AKIATWO")
    calls = [
        push(),
        push(method="GET"),
        push(api_id="other"),
        push(stage="other"),
        replace(push(), headers={**push().headers, "Authorization": other_key}),
        replace(push(), headers={**push().headers, "X-Amz-Security-Token": "other"}),
    ]
    for call in calls:
        await access.decide(call)
    assert len(emulator.requests) == len(calls)


async def test_403_is_denied_with_the_emulators_response_and_not_cached(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    emulator.status = 403
    emulator.body = b'{"message":"no"}'
    emulator.headers = {"x-amzn-ErrorType": "AccessDeniedException"}
    decision = await access.decide(push())
    assert (decision.is_allowed, decision.status, decision.error_type, decision.body) == (
        False,
        403,
        "AccessDeniedException",
        b'{"message":"no"}',
    )
    emulator.status = 410
    assert (await access.decide(push())).is_allowed


async def test_an_unsigned_call_is_denied_without_a_request(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    decision = await access.decide(replace(push(), headers={}))
    assert (decision.is_allowed, decision.status) == (False, 403)
    assert emulator.requests == []


async def test_an_emulator_error_is_an_error_and_no_decision(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    emulator.status = 500
    with pytest.raises(OSError, match="HTTP 500"):
        await access.decide(push())


async def test_the_short_path_is_forwarded_in_the_emulators_form(
    access: EmulatorManagementAccess, emulator: RecordingEmulator
) -> None:
    await access.decide(push(raw_path=PATH.removeprefix("/_aws/execute-api")))
    assert emulator.requests[0].path == PATH


async def test_an_unavailable_emulator_is_an_os_error() -> None:
    async with EmulatorClient(EmulatorAddress(endpoint_url="http://127.0.0.1:9")) as client:
        with pytest.raises(OSError, match="does not respond"):
            await client.call("sts", "GET", "/")

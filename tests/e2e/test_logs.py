"""No log line of the whole run shows a token, an address, an e-mail address or a raw connection id."""

import json
import re

import pytest

from tests.e2e.deployment import Deployment, User

pytestmark = [pytest.mark.emulator, pytest.mark.engine, pytest.mark.whole_run]
SHAPES = {
    "a JSON web token": re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    # The local callers' address, without a port: with one it is the emulator's own endpoint.
    "an address": re.compile(r"(?<![\d.])127\.0\.0\.1(?!:\d)(?![\d.])"),
    "a bearer credential": re.compile(r"[Bb]earer [\w-]{8,}"),
    # API Gateway's connection ids are 12 bytes in base64, the local gateway's too.
    "a connection id": re.compile(r"(?<![\w/+-])[\w/+-]{15}=(?![\w=])"),
}


async def test_no_log_line_shows_what_is_private(
    deployment: Deployment, speaker_user: User, started_at: int
) -> None:
    async with await deployment.connect(speaker_user) as client:
        await client.request("createSession", sourceLanguage="en", quality="standard")
        await client.request("endSession")
    lines = deployment.log_lines(started_at)
    assert lines, "the functions logged nothing"
    found = [
        f"{group}: {name}: {line[:200]}"
        for group, line in lines
        for name, shape in SHAPES.items()
        if shape.search(line)
    ]
    found += [f"{group}: {line[:200]}" for group, line in lines if any(x in line for x in deployment.private)]
    assert not found, "\n".join(found)


def test_every_line_of_a_request_carries_its_correlation_id(deployment: Deployment, started_at: int) -> None:
    records = [
        json.loads(line) for _, line in deployment.log_lines(started_at) if line.lstrip().startswith("{")
    ]
    own = [record for record in records if "level" in record and "message" in record]
    assert own
    assert not [record for record in own if not record.get("correlation_id")]

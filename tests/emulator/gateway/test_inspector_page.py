"""The inspector's page in Chromium: traffic, log lines, replay, faults, the keyboard and accessibility."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from pulumi_local_aws.gateway.api.model import Route
from pulumi_local_aws.gateway.inspector.function_logs import LogLine
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import Event, api, ok, proxy
from tools.dev_stack import browser

REPOSITORY = Path(__file__).resolve().parents[3]
URI = "arn:aws:lambda:us-east-1:000000000000:function:echo"
SCRIPT = Path(__file__).with_name("inspector_browser.mjs")
CHROMIUM = browser.find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: run `make setup`"),
    pytest.mark.skipif(
        not (REPOSITORY / "web/node_modules/playwright-core").exists(), reason="run `make setup` first"
    ),
]


class InvocationLogs:
    """One log line for each invocation of the function."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    async def read_new(self, function: str, since_ms: int) -> list[LogLine]:
        lines, self.lines = self.lines, []
        return [line for line in lines if line.time >= since_ms]


async def test_the_page_shows_traffic_and_controls_the_gateway(harness: GatewayHarness) -> None:
    logs = InvocationLogs()

    def echo(event: Event) -> object:
        context = event["requestContext"]
        message = f'{{"message":"handled","correlation_id":"{context["requestId"]}"}}'
        logs.lines.append(LogLine("echo", context["requestTimeEpoch"], message))
        return ok(event["body"])

    route = Route(key="echo", integration=proxy(URI), has_route_response=True)
    harness.functions.functions[URI] = echo
    await harness.start(api(route), function_logs=logs)
    node = shutil.which("node")
    assert node is not None
    process = await asyncio.create_subprocess_exec(
        node,
        str(SCRIPT),
        f"{harness.gateway.admin_url}/inspector/",
        harness.url(),
        *([os.environ["INSPECTOR_SCREENSHOT"]] if "INSPECTOR_SCREENSHOT" in os.environ else []),
        env=os.environ | {"CHROMIUM": str(CHROMIUM)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()

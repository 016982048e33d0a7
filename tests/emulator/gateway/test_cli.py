"""The command: the emulator's address, the start and the end."""

import asyncio
import signal
import socket
import sys

import aiohttp
import pytest

from pulumi_local_aws.gateway.cli import emulator_address, main
from pulumi_local_aws.processes import free_port


def test_the_endpoint_comes_from_the_argument_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1111/")
    assert emulator_address().endpoint_url == "http://127.0.0.1:1111"
    assert emulator_address("http://127.0.0.1:2222").endpoint_url == "http://127.0.0.1:2222"


def test_the_endpoint_defaults_to_that_of_localstack_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert emulator_address().endpoint_url.endswith(":4566")


def test_the_representation_omits_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    assert "very-secret" not in repr(emulator_address())


@pytest.mark.parametrize("arguments", [["--time-factor", "0"], ["--host", "256.0.0.1"]])
def test_a_start_failure_is_reported_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("gateway: ")


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert str(port) in capsys.readouterr().err


async def test_the_command_serves_until_it_gets_sigterm() -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pulumi_local_aws", "gateway", "--port", str(port), "--time-factor", "60"),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        line = await asyncio.wait_for(process.stderr.readline(), 60)
        assert f"serving port={port}" in line.decode()
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/_gateway/health") as answer,
        ):
            assert (await answer.json())["timeFactor"] == 60
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 60) == 0

"""The command `python -m pulumi_local_aws gateway`: serves in the foreground until SIGINT or SIGTERM."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import cast

from localstack_client import config as localstack_config

from pulumi_local_aws.gateway.api.cache import ApiFilter
from pulumi_local_aws.gateway.clock import Clock
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress
from pulumi_local_aws.gateway.server import EmulatorGateway


class _Arguments(argparse.Namespace):
    host: str
    port: int
    api_id: str | None
    stage: str | None
    time_factor: float
    emulator_endpoint: str | None


def main(argv: Sequence[str]) -> int:
    """Return exit code 0 after a signal, 1 if the gateway cannot start. Invalid arguments exit with 2."""
    arguments = _parser().parse_args(argv, namespace=_Arguments())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s gateway %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_serve(arguments))
    except (OSError, ValueError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_local_aws gateway",
        description="A local data plane of API Gateway's WebSocket APIs in front of MiniStack or LocalStack.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("WEBSOCKET_PORT", "4510")))
    parser.add_argument("--api-id", help="serve this API only; default: every WebSocket API")
    parser.add_argument("--stage", help="serve this stage only; default: every stage")
    parser.add_argument(
        "--time-factor",
        type=float,
        default=1.0,
        help="divide the idle timeout and the maximum duration by this",
    )
    parser.add_argument(
        "--emulator-endpoint", help="default: AWS_ENDPOINT_URL, else the endpoint of localstack-client"
    )
    return parser


def emulator_address(endpoint: str | None = None) -> EmulatorAddress:
    """Return the emulator's endpoint, Region and key pair: argument, environment, then localstack-client."""
    endpoint_url = endpoint or os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint_url:
        endpoint_url = cast("str", localstack_config.get_service_endpoint("apigatewayv2"))
    return EmulatorAddress(
        endpoint_url=endpoint_url.rstrip("/"),
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        access_key=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
    )


async def _serve(arguments: _Arguments) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with EmulatorGateway(
        emulator_address(arguments.emulator_endpoint),
        host=arguments.host,
        port=arguments.port,
        served=ApiFilter(api_id=arguments.api_id, stage=arguments.stage),
        clock=Clock(arguments.time_factor),
    ):
        await stopped.wait()

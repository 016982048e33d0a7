"""A WebSocket gateway in front of an emulator, as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port, port_is_free, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]


@contextmanager
def local_gateway(emulator: MiniStack, log: Path) -> Generator[str]:
    """Start a gateway that writes to `log`; yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "pulumi_local_aws", "gateway", "--port", str(port)]
    environment = {**os.environ, **emulator.environment, "PYTHONPATH": str(REPOSITORY / "emulator")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        assert wait_until(lambda: not port_is_free(port, "127.0.0.1"), 30), log.read_text()
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()

"""The services of a local stack, MiniStack and the WebSocket gateway, as background processes."""

import os
import secrets
import shutil
import sys
import uuid
from collections.abc import Sequence

from pulumi_local_aws.aws import client
from pulumi_local_aws.cache import ministack_python
from pulumi_local_aws.console import progress
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import write_secret
from pulumi_local_aws.ministack import MiniStack, is_ready
from pulumi_local_aws.stack.background import Record, answers, record_process, require_free_port, start
from pulumi_local_aws.stack.layout import EMULATOR_PORT, WEBSOCKET_PORT, Layout
from pulumi_local_aws.stack.program_stack import Keys, ProgramStack

EMULATOR = "emulator"
GATEWAY = "gateway"
PROCESSES = (GATEWAY, EMULATOR)
"""The background processes, in the order in which `local-aws down` ends them."""
MARKER = "/local-stack/instance/"
"""Prefix of the log group that identifies one run of the emulator, whose data is in memory."""


def load_keys(layout: Layout) -> Keys:
    """Return the emulator's key pair, made at random once and kept beside the state."""
    path = layout.local / "emulator-keys"
    write_secret(path, f"LKIA{secrets.token_hex(8).upper()}\n{secrets.token_urlsafe(30)}\n", keep=True)
    access_key, _, secret_key = path.read_text(encoding="utf-8").strip().partition("\n")
    return access_key, secret_key


def start_emulator(layout: Layout, keys: Keys) -> bool:
    """Make sure that MiniStack answers; return whether it had to be started (and so is empty)."""
    record = Record.load(layout.run, EMULATOR)
    if record and record.port != layout.emulator_port:
        raise CommandError(
            f"the local AWS already runs on port {record.port}: stop it before you move it to "
            f"{layout.emulator_port}."
        )
    if record and is_ready(record.port):
        return False
    if record:
        record.stop(layout.run)
    require_free_port(layout.emulator_port, EMULATOR_PORT.purpose, EMULATOR_PORT.variable)
    with progress("Starting the local AWS (MiniStack)"):
        ministack = MiniStack.start(
            layout.local / "ministack",
            layout.emulator_port,
            *keys,
            layout.logs / "emulator.log",
            python=ministack_python(),
        )
        record_process(layout.run, EMULATOR, ministack.pid, layout.emulator_port)
    return True


def start_gateway(layout: Layout, stack: ProgramStack) -> None:
    """Make sure that the WebSocket gateway answers."""
    record = Record.load(layout.run, GATEWAY)
    if record and record.port == layout.websocket_port and _gateway_answers(record.port):
        return
    if record:
        record.stop(layout.run)
    require_free_port(layout.websocket_port, WEBSOCKET_PORT.purpose, WEBSOCKET_PORT.variable)
    with progress("Starting the WebSocket gateway"):
        start(
            GATEWAY,
            [
                *(sys.executable, "-P", "-m", "pulumi_local_aws", "gateway", "--host", "127.0.0.1"),
                *("--port", str(layout.websocket_port), "--emulator-endpoint", layout.emulator_url),
            ],
            run=layout.run,
            log=layout.logs / "gateway.log",
            cwd=layout.local,
            env=os.environ | stack.aws_environment(),
            port=layout.websocket_port,
            ready=lambda: _gateway_answers(layout.websocket_port),
        )


def running(layout: Layout) -> Record | None:
    """Return the emulator's record if it runs."""
    return Record.load(layout.run, EMULATOR)


def stop_all(layout: Layout, others: Sequence[str] = ()) -> list[str]:
    """End the running processes by their recorded pids, `others` first; return their names."""
    records = [record for name in (*others, *PROCESSES) if (record := Record.load(layout.run, name))]
    for record in records:
        record.stop(layout.run)
    return [record.name for record in records]


def remove_files(layout: Layout) -> None:
    """Remove everything that `up` made; the folder too, if nothing else is in it."""
    for path in layout.made:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if layout.local.is_dir() and not any(layout.local.iterdir()):
        layout.local.rmdir()


def is_same_instance(layout: Layout, stack: ProgramStack) -> bool:
    """Return whether the emulator still holds what the stack's state describes."""
    known = layout.state / "instance"
    if not known.is_file():
        return False
    name = known.read_text(encoding="ascii")
    found = client("logs", stack.aws_environment()).describe_log_groups(logGroupNamePrefix=name)
    return any(group["logGroupName"] == name for group in found["logGroups"])


def mark_instance(layout: Layout, stack: ProgramStack) -> None:
    """Name this run of the emulator, in the emulator and beside the state."""
    name = f"{MARKER}{uuid.uuid4().hex}"
    client("logs", stack.aws_environment()).create_log_group(logGroupName=name)
    (layout.state / "instance").write_text(name, encoding="ascii")


def _gateway_answers(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/_gateway/health")

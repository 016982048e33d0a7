"""The local AWS of `make up`: MiniStack and the WebSocket gateway, as background processes."""

import os
import secrets
import uuid

from pulumi_local_aws.errors import EmulatorError
from pulumi_local_aws.ministack import MiniStack, is_ready
from tools.dev_stack import clients
from tools.dev_stack.background import Record, answers, record_process, require_free_port, start
from tools.dev_stack.console import CommandError, progress
from tools.dev_stack.paths import EMULATOR_PORT, ROOT, WEBSOCKET_PORT, Layout
from tools.dev_stack.stack import DevStack, write_secret

EMULATOR = "emulator"
GATEWAY = "gateway"
PROCESSES = ("pages", GATEWAY, EMULATOR)
"""Every background process, in the order in which `make down` ends them."""
MARKER = "/local-stack/instance/"
"""Prefix of the log group whose name tells one life of the emulator from the next: its data is in memory."""


def load_keys(layout: Layout) -> tuple[str, str]:
    """Return the emulator's key pair, made at random once and kept in `.local`."""
    path = layout.local / "emulator-keys"
    write_secret(path, f"LKIA{secrets.token_hex(8).upper()}\n{secrets.token_urlsafe(30)}\n", keep=True)
    access_key, _, secret_key = path.read_text(encoding="utf-8").strip().partition("\n")
    return access_key, secret_key


def start_emulator(layout: Layout, keys: tuple[str, str]) -> bool:
    """Make sure that MiniStack answers; returns whether it had to be started (and so is empty)."""
    record = Record.load(layout.run, EMULATOR)
    if record and record.port != layout.emulator_port:
        raise CommandError(
            f"the local AWS runs on port {record.port} already: run `make down` before you move it to "
            f"{layout.emulator_port}."
        )
    if record and is_ready(record.port):
        return False
    if record:
        record.stop(layout.run)
    require_free_port(layout.emulator_port, EMULATOR_PORT.purpose, EMULATOR_PORT.variable)
    with progress("Starting the local AWS (MiniStack)"):
        try:
            ministack = MiniStack.start(
                layout.local / "ministack",
                layout.emulator_port,
                *keys,
                layout.logs / "emulator.log",
                python=layout.emulator_python,
            )
        except EmulatorError as error:
            raise CommandError(str(error)) from error
        record_process(layout.run, EMULATOR, ministack.pid, layout.emulator_port)
    return True


def start_gateway(layout: Layout, stack: DevStack) -> None:
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
                *(layout.venv_python, "-m", "pulumi_local_aws", "gateway", "--host", "127.0.0.1"),
                *("--port", str(layout.websocket_port), "--emulator-endpoint", layout.emulator_url),
            ],
            run=layout.run,
            log=layout.logs / "gateway.log",
            cwd=ROOT,
            env=os.environ | stack.aws_environment(),
            port=layout.websocket_port,
            ready=lambda: _gateway_answers(layout.websocket_port),
        )


def running(layout: Layout) -> Record | None:
    """Return the emulator's record where it lives."""
    return Record.load(layout.run, EMULATOR)


def stop_all(layout: Layout) -> list[str]:
    """End what runs, by its recorded pid; returns the names of what was ended."""
    records = [record for name in PROCESSES if (record := Record.load(layout.run, name))]
    for record in records:
        record.stop(layout.run)
    return [record.name for record in records]


def is_same_instance(layout: Layout, stack: DevStack) -> bool:
    """Tell whether the emulator still holds what the stack's state describes."""
    known = layout.state / "instance"
    return known.is_file() and known.read_text(encoding="ascii") in _markers(stack)


def mark_instance(layout: Layout, stack: DevStack) -> None:
    """Give the emulator's present life a name, kept by it and beside the state."""
    name = f"{MARKER}{uuid.uuid4().hex}"
    clients.logs(stack.aws_environment()).create_log_group(logGroupName=name)
    (layout.state / "instance").write_text(name, encoding="ascii")


def _markers(stack: DevStack) -> set[str]:
    found = clients.logs(stack.aws_environment()).describe_log_groups(logGroupNamePrefix=MARKER)
    return {group.get("logGroupName", "") for group in found["logGroups"]}


def _gateway_answers(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/_gateway/health")

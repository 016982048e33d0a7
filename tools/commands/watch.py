"""`make watch`: edits to functions/ go live on the local stack at once; the functions' logs stream here."""

import json
import sys
import threading
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tools.dev_stack import clients, local_aws
from tools.dev_stack.archive_importer import Importer
from tools.dev_stack.console import CommandError, run_command, say
from tools.dev_stack.hot_reload import Change, LiveCode, snapshot
from tools.dev_stack.log_stream import LogStream
from tools.dev_stack.paths import Layout
from tools.dev_stack.stack import DevStack, Outputs

POLL_SECONDS = 0.1
"""How often the sources' times are looked at."""
LOG_SECONDS = 0.5
"""How often each function's log is read."""


def main() -> int:
    """Watch until Ctrl-C."""
    layout = Layout.default()
    outputs = load_outputs(layout)
    aws = DevStack(layout, local_aws.load_keys(layout)).aws_environment()
    names: dict[str, str] = outputs["functionNames"]
    stop = threading.Event()
    logs = LogStream(clients.logs(aws), outputs["logGroupNames"], int(time.time() * 1000))
    reader = threading.Thread(target=stream, args=(logs, stop), daemon=True)
    with Importer(layout.emulator_python) as importer:
        code = LiveCode.of(clients.functions(aws), importer, layout.root, layout.local, names.values())
        say(f"Watching functions/ ({len(names)} functions). Ctrl-C ends it; the next `make up` follows on.")
        reader.start()
        try:
            watch(code, layout.root / "functions")
        finally:
            stop.set()
    return 0


def watch(code: LiveCode, folder: Path) -> None:
    """Bring the functions up to the sources, now and after each change."""
    before = snapshot(folder)
    announce(code.synchronize(), time.monotonic())
    while True:
        time.sleep(POLL_SECONDS)
        now, started = snapshot(folder), time.monotonic()
        if now != before:
            edited = {path for path in now if now[path] != before.get(path)}
            # A source that came or went may change what any handler imports.
            announce(code.synchronize(edited if now.keys() == before.keys() else None), started)
            before = now


def announce(changes: list[Change], started: float) -> None:
    """Say what became of the changes since `started`."""
    for change in changes:
        say(describe(change, time.monotonic() - started))


def describe(change: Change, seconds: float) -> str:
    """Say what became of a change."""
    if change.error is None:
        return f"-- {change.handler}: live after {seconds:.2f} s"
    error = "\n".join(f"     {line}" for line in change.error.splitlines())
    return f"-- {change.handler}: does not import, so the old code stays\n{error}"


def stream(logs: LogStream, stop: threading.Event) -> None:
    """Print what the functions log until `stop` is set."""
    while not stop.wait(LOG_SECONDS):
        try:
            lines = logs.read()
        except (BotoCoreError, ClientError) as error:
            say(f"-- the logs cannot be read ({error}): is the local stack still up?")
            return
        for line in lines:
            say(line)


def load_outputs(layout: Layout) -> Outputs:
    """Return the outputs that `make up` left; raises CommandError where the stack is not up."""
    path = layout.local / "outputs.json"
    if not path.is_file() or local_aws.running(layout) is None:
        raise CommandError("the local stack is not up: run `make up` first.")
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(run_command("make watch", main))

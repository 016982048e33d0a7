"""`make watch`: edits to functions/ go live on the local stack at once; the functions' logs stream here."""

import sys
import threading
import time
from pathlib import Path

from pulumi_local_aws.cache import ministack_python
from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.stack.bring_up import load_outputs
from pulumi_local_aws.stack.follow_logs import follow
from pulumi_local_aws.stack.log_stream import LogStream, short_name
from pulumi_local_aws.stack.source_changes import source_changes
from tools.dev_stack import clients
from tools.dev_stack.archive_importer import Importer
from tools.dev_stack.dev_stack import DevStack
from tools.dev_stack.hot_reload import Change, LiveCode
from tools.dev_stack.paths import DevLayout


def main() -> int:
    """Watch until Ctrl-C."""
    layout = DevLayout.of()
    outputs = load_outputs(layout)
    stack = DevStack(layout)
    aws = stack.aws_environment()
    names: dict[str, str] = outputs["functionNames"]
    stop = threading.Event()
    shorten = short_name(stack.project.name, stack.name)
    logs = LogStream(clients.logs(aws), int(time.time() * 1000), shorten)
    reader = threading.Thread(target=follow, args=(logs, stop), daemon=True)
    with Importer(ministack_python()) as importer:
        code = LiveCode.of(clients.functions(aws), importer, layout, names.values())
        say(f"Watching functions/ ({len(names)} functions). Ctrl-C ends it; the next `make up` follows on.")
        reader.start()
        try:
            watch(code, layout.root / "functions", layout.local)
        finally:
            stop.set()
    return 0


def watch(code: LiveCode, folder: Path, local: Path) -> None:
    """Bring the functions up to the sources, now and after each change."""
    for changed in source_changes(folder, local):
        started, sources = time.monotonic(), {path for path in changed if path.suffix == ".py"}
        # The first set, and a source that was added or removed, may concern any handler.
        known = bool(sources) and all(path.exists() and code.is_source(path) for path in sources)
        if sources or not changed:
            announce(code.synchronize(sources if known else None), started)


def announce(changes: list[Change], started: float) -> None:
    """Print the result of each change since `started`."""
    for change in changes:
        say(describe(change, time.monotonic() - started))


def describe(change: Change, seconds: float) -> str:
    """Return the result of a change in words."""
    if change.error is None:
        return f"-- {change.handler}: live after {seconds:.2f} s"
    error = "\n".join(f"     {line}" for line in change.error.splitlines())
    return f"-- {change.handler}: does not import, so the old code stays\n{error}"


if __name__ == "__main__":
    sys.exit(run_command("make watch", main))

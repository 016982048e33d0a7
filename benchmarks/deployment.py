"""Deploying the local stack: from nothing, without a change, with one handler changed, and under watch.

The real engine runs each `pulumi up` on an emulator of its own. The Pulumi CLI and MiniStack are installed
already. `make watch` replaces an edited function's code without the engine.
Run: python -m benchmarks.deployment
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report, Table
from pulumi_local_aws.cache import ministack_python
from pulumi_local_aws.stack.bring_up import bring_up
from pulumi_local_aws.stack.layout import Layout
from tools.dev_stack import clients
from tools.dev_stack.archive_importer import Importer
from tools.dev_stack.dev_stack import DevStack, stop_all
from tools.dev_stack.hot_reload import LiveCode
from tools.dev_stack.throwaway_stack import layout_in


def main() -> None:
    """Measure and print the report."""
    print(report().text())


def report() -> Report:
    """Deploy, deploy again, edit and deploy, and edit under watch."""
    with tempfile.TemporaryDirectory() as folder:
        layout = layout_in(Path(folder))
        stack = DevStack(layout)
        handlers = layout.root / "functions" / "handlers"
        try:
            steps = [
                ("up from nothing, services included", seconds(lambda: bring_up(layout, stack))),
                ("up without a change", seconds(stack.up)),
                (
                    "up with one handler changed",
                    seconds(lambda: edit(handlers / "create_session.py", stack.up)),
                ),
            ]
            names = stack.outputs()["functionNames"].values()
            functions = clients.functions(stack.aws_environment())
            with Importer(ministack_python()) as importer:
                code = LiveCode.of(functions, importer, Layout.of(layout.root, {}), names)
                code.synchronize()
                edited = handlers / "unknown_action.py"
                steps.append(
                    (
                        "watch: one handler changed",
                        seconds(lambda: edit(edited, lambda: code.synchronize({edited}))),
                    )
                )
        finally:
            stop_all(layout)
    first = steps[0][1]
    rows = [[name, f"{taken:.1f}", f"{taken / first:.2f}"] for name, taken in steps]
    return Report(tables=[Table(head=["step", "s", "by the first"], rows=rows)])


def seconds(act: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def edit(path: Path, act: Callable[[], object]) -> None:
    """Change a handler, and do something with it."""
    path.write_text(f"{path.read_text('utf-8')}\nEDITED = True\n", encoding="utf-8")
    act()


if __name__ == "__main__":
    main()

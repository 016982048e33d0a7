"""Runs one Pulumi program: the child process of the language host.

Reads a `RunRequest` from standard input. Exit status 32 means that the error was already reported.
"""

import asyncio
import logging
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi.errors import RunError
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

REPORTED = 32
MONITOR_ENDED = "resource monitor shut down"
"""The engine's error for registrations under way when it ends a deployment. It has reported the reason."""


def main() -> int:
    """Run the program that standard input names; the process's exit status."""
    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read())
    reset_options(
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        monitor_address=request.monitor_address,
        engine_address=request.args[0],
        parallel=request.parallel,
        preview=request.dryRun,
        root_directory=request.info.root_directory,
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))
    folder, entry = request.info.program_directory, request.info.entry_point
    target = Path(folder) / entry
    sys.argv = [str(target), *request.args[1:]]
    sys.path.insert(0, str(target if target.is_dir() else target.parent))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_in_stack(str(target), max(request.parallel, 1)))
    except RunError as error:
        pulumi.log.error(str(error))
        return REPORTED
    except Exception as error:
        if MONITOR_ENDED not in str(error):
            pulumi.log.error(_trace(error, Path(__file__)))
        return REPORTED
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


async def _in_stack(target: str, parallel: int) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=parallel * 4))
    await run_in_stack(lambda: _run(target))


def _run(target: str) -> None:
    runpy.run_path(target, run_name="__main__")


def _trace(error: Exception, runner: Path) -> str:
    """The traceback from the program's own first frame on."""
    trace = error.__traceback__
    skipped = (str(runner), "<string>", "<frozen runpy>", "/pulumi/runtime/", "/asyncio/")
    start = trace
    while start is not None and any(part in start.tb_frame.f_code.co_filename for part in skipped):
        start = start.tb_next
    return "Program failed:\n" + "".join(traceback.format_exception(type(error), error, start or trace))


if __name__ == "__main__":
    sys.exit(main())

"""Reports changes of a program's sources, as the system notices them."""

import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import DefaultFilter, watch

QUIET_MILLISECONDS = 50
"""How long nothing may change before the changes so far are reported."""

START_MILLISECONDS = 200
"""How long to wait for a first change before reporting that the watch has begun."""


class SourceFilter(DefaultFilter):
    """Leaves out what is no source: the stack's own files, virtual environments, packages and caches."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, ".venv", "venv")


def source_changes(folder: Path, local: Path, stop: threading.Event | None = None) -> Iterator[set[Path]]:
    """Yield each set of paths that were changed, added or removed together, until `stop` is set.

    The first set may be empty: from then on, no change is missed.
    """
    begun = False
    for changes in watch(
        folder,
        watch_filter=SourceFilter(ignore_paths=(local,)),
        step=QUIET_MILLISECONDS,
        stop_event=stop,
        rust_timeout=START_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        if changes or not begun:
            begun = True
            yield {Path(path) for _, path in changes}

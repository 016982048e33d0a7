"""A local AWS of the tests' own: its own folder, ports and copy of the sources, and the real engine."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pulumi_local_aws.processes import free_port
from pulumi_local_aws.stack.bring_up import bring_up
from tools.dev_stack.demo_user import create_demo_user
from tools.dev_stack.dev_stack import DevStack, stop_all
from tools.dev_stack.paths import ROOT, DevLayout

SOURCES = (
    "__main__.py",
    "Pulumi.yaml",
    "Pulumi.local.yaml",
    "components",
    "functions",
    "requirements",
)
"""What the program is made of."""


def copy_sources(target: Path) -> Path:
    """Copy the program, so that a test may edit it, with the cache that its archives are built from."""
    copy_program(target)
    (target / ".venv").symlink_to(ROOT / ".venv")
    cache = ROOT / ".local" / "archives"
    if cache.is_dir():
        shutil.copytree(cache, target / ".local" / "archives", ignore=shutil.ignore_patterns("zips"))
    return target


def copy_program(target: Path) -> None:
    """Copy the files that the program is made of."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def layout_in(folder: Path) -> DevLayout:
    """Return a layout inside `folder`, on free ports."""
    return DevLayout(
        root=copy_sources(folder / "tree"),
        local=folder / "tree" / ".local",
        emulator_port=free_port(),
        websocket_port=free_port(),
        web_port=free_port(),
    )


@contextmanager
def throwaway_stack(folder: Path, *, config: str = "") -> Generator[DevStack]:
    """Bring up everything but the pages, and take it down.

    `config` is added to the stack's settings, as lines of Pulumi.local.yaml.
    """
    layout = layout_in(folder)
    with (layout.root / "Pulumi.local.yaml").open("a", encoding="utf-8") as settings:
        settings.write(config)
    try:
        stack = DevStack(layout)
        bring_up(layout, stack)
        yield stack
    finally:
        stop_all(layout)


def leave_for_clients(stack: DevStack) -> Path:
    """Make a demo user, as `make up` does, and return the folder with it and the outputs."""
    create_demo_user(stack, stack.outputs()["frontendConfig"]["userPoolId"])
    return stack.layout.local

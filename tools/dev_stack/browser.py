"""Finds Chromium for the browser tests, and installs Debian's where that is allowed."""

import os
import shutil
from pathlib import Path

from pulumi_local_aws.console import run_logged, say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT, DevLayout
from tools.dev_stack.stamped_step import Step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """Return the browser: CHROMIUM in the environment, else the first on PATH."""
    named = os.environ.get("CHROMIUM")
    found = next((path for name in (named, *NAMES) if name and (path := shutil.which(name))), None)
    return Path(found) if found else None


def step(layout: DevLayout) -> Step:
    """Return the step that installs Chromium; without it the browser tests are skipped, so it never fails."""

    def install() -> None:
        refusal = _install(layout)
        if refusal:
            say(f"  No Chromium: the browser tests will be skipped. {refusal}")

    return Step(name="browser", label="Chromium", inputs=("chromium",), outputs=(), run=install)


def _install(layout: DevLayout) -> str:
    apt = shutil.which("apt-get")
    if apt is None:
        return "Install Chromium, or set CHROMIUM to its path."
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif shutil.which("sudo"):
        prefix = ["sudo", "-n"]
    else:
        return "Install it as root: apt-get install chromium"
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        for number, arguments in enumerate(
            (["update"], ["install", "-y", "--no-install-recommends", "chromium"])
        ):
            log = layout.logs / f"setup-browser-{number}.log"
            run_logged([*prefix, apt, "-q", *arguments], log=log, cwd=ROOT, env=quiet)
    except CommandError:
        return f"apt-get could not install it (see {layout.logs}/setup-browser-*.log)."
    return ""

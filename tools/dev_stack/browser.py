"""Finds the browsers for the browser tests, and installs Debian's where that is allowed."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi_local_aws.console import run_logged, say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT, DevLayout
from tools.dev_stack.stamped_step import Step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """Return Chromium: CHROMIUM in the environment, else the first on PATH."""
    named = os.environ.get("CHROMIUM")
    found = next((path for name in (named, *NAMES) if name and (path := shutil.which(name))), None)
    return Path(found) if found else None


@dataclass(frozen=True, kw_only=True)
class BrowserPackages:
    """A browser of the browser tests: the commands that it consists of, and Debian's packages of them."""

    label: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def is_installed(self) -> bool:
        """Return whether all of its commands are on PATH."""
        return all(shutil.which(command) for command in self.commands)


OTHER_BROWSERS = (
    BrowserPackages(
        label="Firefox",
        # Firefox plays nothing without an audio server.
        commands=("firefox-esr", "pulseaudio"),
        packages=("firefox-esr", "pulseaudio"),
    ),
    BrowserPackages(
        label="WebKitGTK",
        commands=("WebKitWebDriver", "Xvfb"),
        packages=(
            "webkit2gtk-driver",
            "xvfb",
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
            "gstreamer1.0-libav",
        ),
    ),
)
CHROMIUM = BrowserPackages(label="Chromium", commands=("chromium",), packages=("chromium",))


def missing() -> list[BrowserPackages]:
    """Return the browsers that are not installed."""
    chromium = [] if find() else [CHROMIUM]
    return [*chromium, *(browser for browser in OTHER_BROWSERS if not browser.is_installed)]


def step(layout: DevLayout, browsers: Sequence[BrowserPackages]) -> Step:
    """Return the step that installs browsers; without one its tests are skipped, so the step never fails."""

    def install() -> None:
        for browser in browsers:
            refusal = _install(layout, browser)
            if refusal:
                say(f"  No {browser.label}: its tests will be skipped. {refusal}")

    labels = tuple(browser.label for browser in browsers)
    return Step(name="browser", label=", ".join(labels), inputs=labels, outputs=(), run=install)


def _install(layout: DevLayout, browser: BrowserPackages) -> str:
    apt = shutil.which("apt-get")
    if apt is None:
        return "Install it; CHROMIUM, FIREFOX and MINI_BROWSER name a browser outside PATH."
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif shutil.which("sudo"):
        prefix = ["sudo", "-n"]
    else:
        return f"Install it as root: apt-get install {' '.join(browser.packages)}"
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    log_name = f"setup-{browser.label.lower()}"
    try:
        for number, arguments in enumerate(
            (["update"], ["install", "-y", "--no-install-recommends", *browser.packages])
        ):
            log = layout.logs / f"{log_name}-{number}.log"
            run_logged([*prefix, apt, "-q", *arguments], log=log, cwd=ROOT, env=quiet)
    except CommandError:
        return f"apt-get could not install it (see {layout.logs}/{log_name}-*.log)."
    return ""

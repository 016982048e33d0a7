"""`make setup`: everything that the other commands need, made once and again only when its inputs change.

Runs on a bare Python 3.11 or later, with the standard library alone.
"""

import argparse
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pulumi_local_aws.cache import CLI_MODULE, MINISTACK_REQUIREMENTS, ministack_python
from pulumi_local_aws.console import run_command, run_logged, say
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.interpreters import MINIMUM, version_of
from pulumi_local_aws.lock import exclusive
from tools.dev_stack import browser
from tools.dev_stack.paths import ROOT, VENV_PYTHON, DevLayout
from tools.dev_stack.stamped_step import Step, pending

NODE_MINIMUM = 20


def main() -> int:
    """Run the pending steps."""
    arguments = argparse.ArgumentParser(prog="make setup", description=__doc__)
    arguments.add_argument("--with-browser", action="store_true", help="also what the browser tests need")
    with_browser = bool(arguments.parse_args().with_browser)
    layout = DevLayout.of()
    stamps = layout.local / "stamps"
    first, *others = steps(layout)
    missing_browsers = browser.missing() if with_browser else []
    if missing_browsers:
        others.append(browser.step(layout, missing_browsers))
    if not pending([first, *others], stamps):
        return 0
    check_tools()
    with exclusive(layout.run / "setup.lock", "make setup"):
        say("Setting up (once; what did not change is not done again):")
        first.run_if_pending(stamps)
        # The CLI's build takes longest, so the rest runs beside it.
        with ThreadPoolExecutor() as workers:
            running = [workers.submit(step.run_if_pending, stamps) for step in others]
        for step in running:
            step.result()
    return 0


def steps(layout: DevLayout) -> list[Step]:
    """Return the steps; the first makes what the others need."""
    made = [_developer_venv(layout), _local_aws(layout)]
    return [*made, _web(layout)] if (ROOT / "web" / "package.json").is_file() else made


def check_tools() -> None:
    """Raise CommandError with one line that names the tool that is missing and what to do."""
    if sys.version_info[:2] < MINIMUM:
        raise CommandError(f"Python {sys.version.split()[0]} is too old: install Python 3.11 or later.")
    if not version_of(Path(sys.executable)):
        raise CommandError(
            "this Python makes no virtual environments: install venv (Debian: apt-get install python3-venv)."
        )
    if shutil.which("npm") is None or _node_major() < NODE_MINIMUM:
        raise CommandError(f"Node.js {NODE_MINIMUM} or later with npm is missing: see https://nodejs.org.")


def _node_major() -> int:
    try:
        shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return 0
    major = shown.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _developer_venv(layout: DevLayout) -> Step:
    venv, python, file = ROOT / ".venv", Path(sys.executable), ROOT / "requirements" / "dev.txt"
    version, projects = version_of(python), (ROOT, ROOT / "emulator")
    pip = (VENV_PYTHON, "-m", "pip", "install", "--no-input")

    def install() -> None:
        log = layout.logs / "setup-dev-venv.log"
        if version_of(VENV_PYTHON) != version:
            shutil.rmtree(venv, ignore_errors=True)
            run_logged([python, "-m", "venv", venv], log=log, cwd=ROOT)
        run_logged(
            # Bytecode is made as modules are first imported: most of what is installed never is.
            [*pip, "--no-compile", "--require-hashes", "-r", file],
            log=log,
            cwd=ROOT,
            hint="Is the package index reachable?",
        )
        for project in projects:
            # The build backend is pinned with the other requirements, so nothing is downloaded for it.
            run_logged(
                [*pip, "--no-deps", "--no-build-isolation", "--editable", project],
                log=log,
                cwd=ROOT,
            )

    label = f"Python packages (requirements/dev.txt, Python {version})"
    return Step(
        name="dev-venv",
        label=label,
        inputs=(file, version, *(project / "pyproject.toml" for project in projects)),
        outputs=(VENV_PYTHON,),
        run=install,
    )


def _local_aws(layout: DevLayout) -> Step:
    def install() -> None:
        command = [VENV_PYTHON, "-m", "pulumi_local_aws", "install"]
        try:
            run_logged(command, log=layout.logs / "setup-local-aws.log", cwd=ROOT)
        except CommandError as error:
            say(f"  No local AWS: `make up` will not work, and tests that need it are skipped.\n{error}")

    return Step(
        name="local-aws",
        label="MiniStack and the Pulumi CLI (without one on PATH, Go builds it: about five minutes)",
        inputs=(
            CLI_MODULE / "go.mod",
            CLI_MODULE / "go.sum",
            MINISTACK_REQUIREMENTS,
            shutil.which("pulumi") or "",
        ),
        outputs=(ministack_python(),),
        run=install,
    )


def _web(layout: DevLayout) -> Step:
    def install() -> None:
        run_logged(
            ["npm", "ci", "--no-audit", "--no-fund"],
            log=layout.logs / "setup-web.log",
            cwd=ROOT / "web",
            hint="Is the npm registry reachable?",
        )

    web = ROOT / "web"
    return Step(
        name="web",
        label="Packages of the web client (npm ci)",
        inputs=(web / "package-lock.json",),
        outputs=(web / "node_modules",),
        run=install,
    )


if __name__ == "__main__":
    sys.exit(run_command("setup", main))

"""`make sbom`: writes the bills of materials, in CycloneDX's format, of what is deployed and installed."""

import subprocess
import sys
from pathlib import Path

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.errors import CommandError
from tools.dev_stack.paths import ROOT

FOLDER = ROOT / ".local" / "sbom"
PINS = ("functions", "program", "dev")
"""Files of requirements: what the functions' archives contain, what a deployment needs, and all tools."""


def main() -> int:
    """Write one document for each set of pins, and one for the npm packages."""
    for path in write_documents(FOLDER):
        say(str(path))
    return 0


def write_documents(folder: Path) -> list[Path]:
    """Write the documents from the pins alone; return their paths. Raises CommandError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.cdx.json" for name in (*PINS, "web")]
    for name, path in zip(PINS, written, strict=False):
        _run(
            [
                *(sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible"),
                *("--pyproject", str(ROOT / "pyproject.toml"), "--of", "JSON", "-o", str(path)),
                str(ROOT / "requirements" / f"{name}.txt"),
            ]
        )
    command = ["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
    written[-1].write_text(_run(command, ROOT / "web"), encoding="utf-8")
    return written


def _run(command: list[str], folder: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(run_command("make sbom", main))

"""The process that tries new archives before they go live (see `tools/dev_stack/archive_smoke_test.py`)."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

SCRIPT = Path(__file__).with_name("archive_smoke_test.py")

RUNTIME = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "unused",
    "AWS_SECRET_ACCESS_KEY": "unused",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What every Lambda runtime sets, as far as making clients needs it; nothing is called at import."""


class Importer:
    """Asks the emulator's interpreter whether a handler can be imported from its archive."""

    def __init__(self, python: Path) -> None:
        """Start the process; `close` or the context manager ends it."""
        self._process = subprocess.Popen(
            [str(python), "-P", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=RUNTIME | {"PATH": os.environ.get("PATH", os.defpath)},
        )

    def error(self, archive: Path, module: str, environment: dict[str, str]) -> str | None:
        """Return what importing `module` from the archive alone raised, or None."""
        request = {"archive": str(archive), "module": module, "environment": environment}
        asked = cast("IO[str]", self._process.stdin)
        asked.write(json.dumps(request) + "\n")
        asked.flush()
        answer = cast("IO[str]", self._process.stdout).readline()
        return json.loads(answer) if answer else "the interpreter that tries archives died"

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

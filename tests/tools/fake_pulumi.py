"""A Pulumi CLI without an engine: it keeps the names of stacks in files, and `up` waits to be interrupted.

It stands in for the CLI where a test ends processes: what the engine itself does is tested in tests/e2e.
"""

import json
import os
import signal
import sys
from pathlib import Path

STACKS = Path(os.environ["FAKE_STACKS"])
HANGING = Path(os.environ["FAKE_HANGING"])
"""While this file exists, `up` writes its pid there and waits for SIGINT."""
RESOURCE = {"type": "aws:sqs/queue:Queue", "id": "http://localhost/000000000000/left"}


def stack() -> Path:
    """Return the file of the stack that the command names."""
    return STACKS / sys.argv[sys.argv.index("--stack") + 1]


def hang() -> None:
    """Wait for SIGINT, as an update does that ends its running operations first."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    HANGING.write_text(str(os.getpid()))
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        sys.exit(255)


def main() -> None:
    """Perform the command."""
    STACKS.mkdir(exist_ok=True)
    match sys.argv[1:3]:
        case ["stack", "ls"]:
            print(json.dumps([{"name": path.name} for path in STACKS.iterdir()]))
        case ["stack", "init"]:
            (STACKS / sys.argv[3]).touch()
        case ["stack", "rm"]:
            (STACKS / sys.argv[4]).unlink()
        case ["stack", "export"]:
            print(json.dumps({"deployment": {"resources": [RESOURCE] if stack().read_text() else []}}))
        case ["preview", _]:
            print(json.dumps({"changeSummary": {"same" if stack().read_text() else "create": 1}}))
        case ["up", _]:
            stack().write_text("deployed")
            if HANGING.exists():
                hang()
        case ["destroy", _]:
            stack().write_text("")
        case ["cancel", _]:
            pass
        case _:
            sys.exit(f"unknown: {sys.argv}")


main()

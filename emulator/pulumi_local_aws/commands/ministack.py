"""`local-aws ministack`: MiniStack in the foreground, until Ctrl-C."""

import argparse
import os
import secrets
import signal
import sys
from pathlib import Path

from pulumi_local_aws.ministack import DEFAULT_PORT, MiniStack


def main(argv: list[str]) -> int:
    """Start it, print the variables that reach it, and stop it at SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="local-aws ministack", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("EMULATOR_PORT", DEFAULT_PORT)))
    parser.add_argument("--folder", type=Path, default=Path(".local", "emulator"))
    arguments = parser.parse_args(argv)
    folder: Path = arguments.folder.resolve()
    access_key = os.environ.get("AWS_ACCESS_KEY_ID") or f"AKIA{secrets.token_hex(8).upper()}"
    secret_key = os.environ.get("AWS_SECRET_ACCESS_KEY") or secrets.token_urlsafe(30)
    wanted = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    with MiniStack.start(folder, arguments.port, access_key, secret_key, folder / "ministack.log") as stack:
        for name, value in stack.environment.items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        signal.sigwait(wanted)
    return 0

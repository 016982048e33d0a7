"""Makes sure of the Pulumi engine and its plugins' launchers; run by `make setup` in the developer's venv."""

import sys

from emulator.engine import Engine
from emulator.errors import EmulatorError
from tools.layout import Layout


def main() -> int:
    """Find or build the CLI; 1 with one line where neither can be had."""
    layout = Layout.default()
    try:
        Engine.prepare({}, state=layout.state, bin_dir=layout.bin)
    except EmulatorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

"""`python -m emulator.gateway`: the gateway alone."""

import sys

from emulator.gateway.cli import main

sys.exit(main(sys.argv[1:]))

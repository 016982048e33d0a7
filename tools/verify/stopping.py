"""Stops a verification in an orderly way on Ctrl-C, on SIGTERM, and when its terminal is closed."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from pulumi_local_aws.console import say

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal asked the verification to stop."""


class Stopping:
    """Raises Stopped on the first signal. Later ones change nothing, because the stack is being removed."""

    def __init__(self) -> None:
        self._removing = False

    def remove_now(self) -> None:
        """Ignore signals from now on: an interrupted removal would leave resources that are billed."""
        self._removing = True

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle one signal."""
        if number == signal.SIGHUP:
            _detach()
        if self._removing:
            say("The stack is being removed. Wait until that is complete.")
            return
        self._removing = True
        raise Stopped(signal.Signals(number).name)


@contextmanager
def stopping() -> Generator[Stopping]:
    """Handle the signals of a verification."""
    state = Stopping()
    before = {number: signal.signal(number, state.handle) for number in SIGNALS}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _detach() -> None:
    """Send further output nowhere: the terminal is gone, and a write to it fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)

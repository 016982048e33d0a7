"""Prints the functions' logs as they come."""

import threading

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_local_aws.console import say
from pulumi_local_aws.stack.log_stream import LogStream

LOG_SECONDS = 0.5
"""How often the logs are read."""


def follow(logs: LogStream, stop: threading.Event | None = None) -> None:
    """Print new lines until `stop` is set or the emulator no longer answers."""
    ending = stop or threading.Event()
    while not ending.wait(LOG_SECONDS):
        try:
            lines = logs.read()
        except (BotoCoreError, ClientError) as error:
            say(f"-- the logs cannot be read ({error}): is the local stack still up?")
            return
        for line in lines:
            say(line)

"""What the import of a handler leaves in its process is right in every instance that a snapshot starts.

Lambda SnapStart takes a snapshot after the import and restores it in many instances (Lambda Developer Guide,
"Handling uniqueness with Lambda SnapStart").
"""

import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from domain.backoff import full_jitter
from domain.placement import any_of, any_slot, shard_for_row
from domain.session_ids import new_epoch, new_session_id
from tests.archives.test_handlers import ENVIRONMENT, HANDLERS
from tests.support.example_session import SESSION

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
DRAWS = 40
LARGE_SESSION = replace(SESSION, capacity=1000, shards=16, shards_in_use=16)

IMPORT = """
import os, sys

created, connected = [], []


def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        connected.append(event)


sys.addaudithook(watch)
random_bytes = os.urandom
os.urandom = lambda size: created.append(size) or random_bytes(size)
from handlers.{handler} import handler

assert callable(handler)
assert not connected, f"the import connects: {{connected}}"
assert not created, f"the import creates random values of {{created}} bytes"
"""


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_import_of_a_handler_opens_no_connection_and_makes_no_random_value(handler: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT.format(handler=handler)],
        env={**ENVIRONMENT, "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "draw",
    [
        lambda: full_jitter(8, 1, 100),
        lambda: any_slot(LARGE_SESSION),
        lambda: any_of(range(1000)),
        lambda: shard_for_row(LARGE_SESSION),
        new_session_id,
        new_epoch,
    ],
    ids=["wait", "slot", "free slot", "shard", "session id", "epoch"],
)
def test_instances_of_one_snapshot_draw_different_values(draw: Callable[[], object]) -> None:
    """The generator of `random` has the same state in each of them."""
    drawn: list[list[object]] = []
    for _ in range(2):
        random.seed(1)
        drawn.append([draw() for _ in range(DRAWS)])
    assert drawn[0] != drawn[1]

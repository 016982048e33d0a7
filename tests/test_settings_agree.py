"""The program and the functions, which import nothing of each other, have the same settings and constants."""

import json
from dataclasses import fields

from adapters.dynamodb.client import MAX_BATCH_KEYS
from domain.coalescing import MAX_MESSAGES
from domain.delivery import MAX_PUSH_BYTES
from domain.due import DUE_SHARDS
from domain.settings import MAX_SHARDS, Limits, Settings
from websocket_sessions.capacity.load import FRAME_BYTES
from websocket_sessions.capacity.operations import KEEP_ALIVE_RUN, MAX_BATCH_MESSAGES
from websocket_sessions.client.socket import MAX_FRAME_BYTES
from websocket_sessions.config import settings
from websocket_sessions.config.settings import SessionSettings


def test_the_functions_read_every_setting_that_the_program_writes() -> None:
    """from_json refuses keys that it does not know, so every written key is a known one."""
    assert Settings.from_json(SessionSettings().to_json()) == Settings()


def test_the_program_writes_every_setting_that_the_functions_read() -> None:
    written = json.loads(SessionSettings().to_json())
    assert len(written) == len(fields(Settings))
    assert len(written["limits"]) == len(fields(Limits))


def test_both_allow_the_same_number_of_listener_shards() -> None:
    assert settings.MAX_SHARDS == MAX_SHARDS


def test_a_push_of_the_functions_is_one_frame_of_the_estimate_and_the_client() -> None:
    assert MAX_PUSH_BYTES == FRAME_BYTES == MAX_FRAME_BYTES


def test_a_batch_of_the_functions_is_one_of_the_estimate_and_one_read() -> None:
    assert MAX_MESSAGES == MAX_BATCH_MESSAGES == MAX_BATCH_KEYS


def test_the_estimate_reads_every_shard_of_both_due_indexes() -> None:
    """A query that is eventually consistent takes half a unit."""
    assert KEEP_ALIVE_RUN.reads == 2 * DUE_SHARDS / 2

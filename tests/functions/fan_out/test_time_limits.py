"""What the functions' times add up to, from the figures that they use."""

import pytest

from adapters.management_api.sender_limits import RetrySchedule, SenderLimits
from domain.delivery import DELIVER_SECONDS, MAX_ATTEMPT_SECONDS, MAX_DELIVER_AND_DISCONNECT_SECONDS
from fan_out.tasks import MAX_CHANNEL_RETRIES, MAX_RETRIES, MAX_THROTTLED_ROUNDS
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.permissions import FUNCTION_SPECS

REPLY = 29
"""Seconds in which API Gateway wants an answer."""

LIMITS = SenderLimits()


def longest_waits(schedule: RetrySchedule) -> float:
    waits = (schedule.first_wait_seconds * 2**number for number in range(schedule.attempts - 1))
    return sum(min(wait, schedule.max_wait_seconds) for wait in waits)


def test_a_silent_connection_has_all_its_attempts_within_a_call() -> None:
    schedule = LIMITS.on_failure
    assert (schedule.attempts - 1) * MAX_ATTEMPT_SECONDS + longest_waits(schedule) < DELIVER_SECONDS


def test_a_throttled_connection_has_all_its_attempts_within_a_call() -> None:
    """They are answered at once."""
    assert longest_waits(LIMITS.on_throttling) < DELIVER_SECONDS


def test_a_publish_is_answered_with_the_slowest_hook_and_the_slowest_pushes() -> None:
    with pytest.raises(ValueError, match="hookTimeout"):
        SessionSettings(hook_timeout=REPLY - MAX_DELIVER_AND_DISCONNECT_SECONDS)
    slowest = SessionSettings(hook_timeout=10).hook_timeout
    assert slowest + MAX_DELIVER_AND_DISCONNECT_SECONDS < REPLY == FUNCTION_SPECS["publish"].timeout


def test_a_batch_of_the_queue_is_served_in_its_function_s_time() -> None:
    """Two slow reads before the pushes, and one slow call after them (adapters/dynamodb/client.py)."""
    assert FUNCTION_SPECS["fan_out"].timeout > 2 * 5 + MAX_DELIVER_AND_DISCONNECT_SECONDS


def test_retry_tasks_follow_until_a_throttled_listener_is_disconnected() -> None:
    """Lambda stops a chain of 16 invocations: a publish, a flush, a first task and the retries are fewer.

    So they are if tasks of a channel that fails come before them.
    """
    first_rounds = 1
    assert first_rounds + MAX_RETRIES >= MAX_THROTTLED_ROUNDS
    of_channel = 1 + MAX_CHANNEL_RETRIES
    assert 2 + of_channel + first_rounds + MAX_RETRIES < 16

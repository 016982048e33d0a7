"""The deadline of a request: the time that is left, and the time that is kept for later."""

import math

import pytest

from domain.deadline import Deadline
from domain.errors import UnavailableError


def test_the_time_is_unlimited_without_a_request() -> None:
    deadline = Deadline(lambda: 100.0)
    with deadline.within(5):
        assert deadline.remaining() == 5
    assert deadline.remaining() == math.inf


def test_reserved_time_is_left_after_the_block() -> None:
    now = [0.0]
    deadline = Deadline(lambda: now[0])
    with deadline.within(10):
        with deadline.reserve(3):
            now[0] = 6
            assert deadline.remaining() == 1
            now[0] = 8
            assert deadline.remaining() == 0
        assert deadline.remaining() == 2


def test_work_that_needs_more_time_than_is_left_is_not_begun() -> None:
    deadline = Deadline(lambda: 0.0)
    with deadline.within(2):
        deadline.require(2)
        with pytest.raises(UnavailableError):
            deadline.require(3)

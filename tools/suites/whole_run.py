"""The marker of tests that check what all other tests of their run left behind, such as log lines.

A second attempt has another stack and runs the failed tests only, so that it would show them nothing to find.
"""

from collections.abc import Iterable

import pytest

MARKER = "whole_run"


def is_of_whole_run(item: pytest.Item) -> bool:
    """Return whether the test checks the whole run."""
    return item.get_closest_marker(MARKER) is not None


def report_whole_run(items: Iterable[pytest.Item]) -> None:
    """Make the JUnit report name the tests that check the whole run, by a property."""
    for item in items:
        if is_of_whole_run(item):
            item.user_properties.append((MARKER, "true"))

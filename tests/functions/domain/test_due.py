"""When the keep-alive run checks a connection next."""

import pytest

from domain.due import next_check_at
from domain.settings import Settings


@pytest.mark.parametrize(
    ("active_at", "token", "notified", "due"),
    [
        (1000, None, False, 1480),
        (7300, None, False, 7600),
        (7300, None, True, 7780),
        (1000, 1500, False, 1380),
        (1000, 9000, False, 1480),
    ],
)
def test_a_connection_is_due_at_its_earliest_ping_or_notice(
    active_at: int, token: int | None, notified: bool, due: int
) -> None:
    at = next_check_at(
        Settings(idle_ping=480),
        active_at=active_at,
        connected_at=1000,
        token_expires_at=token,
        notified=notified,
    )
    assert at == due

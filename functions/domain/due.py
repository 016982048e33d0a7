"""When the keep-alive run checks a connection next."""

from domain.settings import Settings

DUE_SHARDS = 16
"""Partitions of each `due` index, so that no single one takes all writes. A run reads them all."""


def next_check_at(
    settings: Settings, *, active_at: int, connected_at: int, token_expires_at: int | None, notified: bool
) -> int:
    """Return the earliest of the next ping, the refresh notice and the token notice, in epoch seconds.

    `active_at` is the last time that the connection carried a message. `notified` is whether the client was
    asked to rotate its connection.
    """
    due = [active_at + settings.idle_ping]
    if not notified:
        due.append(connected_at + settings.connection_lifetime - settings.refresh_lead)
    if token_expires_at is not None:
        due.append(token_expires_at - settings.token_notice)
    return min(due)

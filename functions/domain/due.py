"""When the keep-alive has to look at a connection."""

from domain.settings import Settings


def connection_due(
    settings: Settings, *, active_at: int, connected_at: int, token_expires_at: int | None, notified: bool
) -> int:
    """The first of: the ping before the idle cut, the notice of the handover, the notice of the token's end.

    `active_at` is the last time that something went over the connection; `notified`, whether the client was
    told of the two-hour cut. All epoch seconds.
    """
    due = [active_at + settings.idle_ping]
    if not notified:
        due.append(connected_at + settings.connection_lifetime - settings.refresh_lead)
    if token_expires_at is not None:
        due.append(token_expires_at - settings.token_notice)
    return min(due)

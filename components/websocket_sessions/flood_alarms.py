"""Alarms on what a flood of connections does: it is refused, switches limits off, or slows listeners down."""

from collections.abc import Container, Sequence

from websocket_sessions.observability import LogAlarm
from websocket_sessions.permissions import FUNCTION_SPECS

REFUSED_A_MINUTE = 60
"""One client that ignores `retryAfter` is no alarm: an address may have 120 connections a minute."""
DISCONNECTED_A_MINUTE = 10
"""A few listeners that stop reading are no alarm."""


def flood_alarms(functions: Container[str]) -> dict[str, LogAlarm]:
    """Return the alarms for those of the backend's functions that the stack has."""

    def present(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in functions)

    limited = [name for name, spec in FUNCTION_SPECS.items() if "limits" in spec.tables]
    disconnecting = [name for name, spec in FUNCTION_SPECS.items() if "DELETE" in spec.connections]
    return {
        "connections-refused": LogAlarm(
            functions=present(("authorize", "connect")),
            pattern='{ $.message = "refused" }',
            threshold=REFUSED_A_MINUTE,
        ),
        "limits-degraded": LogAlarm(
            functions=present(limited), pattern='{ $.message = "rate limit not applied" }', datapoints=1
        ),
        "listeners-disconnected": LogAlarm(
            functions=present(disconnecting),
            pattern="{ $.ListenersDisconnected[0] > 0 }",
            value="$.ListenersDisconnected[0]",
            threshold=DISCONNECTED_A_MINUTE,
        ),
    }

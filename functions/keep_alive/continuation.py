"""What a run leaves undone goes on in further invocations, as events of this form."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from keep_alive.run import Unit, all_units

DEEPEST = 5
"""How often invocations may follow from one another. Each splits what is left in two, so that five steps give
each of the 32 units an invocation of its own; what is left even then waits for the next minute's run. Lambda
stops chains of about 16 (Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite
loops")."""


class Continuation(Protocol):
    """Invokes this function again, and does not wait for it."""

    def invoke(self, event: Mapping[str, Any]) -> None:
        """Raises UnavailableError if it may not have been invoked; the next minute's run makes up for it."""
        ...


def work_of(event: Mapping[str, Any], now: int) -> tuple[tuple[Unit, ...], int]:
    """The work that an event asks for and how deep in a chain it is; any event but our own asks for all."""
    units = cast(Any, event.get("continue"))
    if not units:
        return all_units(now), 0
    return tuple(Unit(kind, shard, since) for kind, shard, since in units), int(event["depth"])


def events_for(left: Sequence[Unit], depth: int) -> list[dict[str, Any]]:
    """The events that go on with what is left: two halves, or one where there is but one unit, or none."""
    if not left or depth >= DEEPEST:
        return []
    middle = (len(left) + 1) // 2
    return [
        {"continue": [[unit.kind, unit.shard, unit.since] for unit in half], "depth": depth + 1}
        for half in (left[:middle], left[middle:])
        if half
    ]

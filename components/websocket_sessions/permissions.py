"""What each function may do: the one table from which roles, policies and environments are made.

Operations are DynamoDB's; a transaction needs the permission of each of its parts
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Need:
    """What one function needs beyond its log."""

    tables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Operations on each table it knows, separated by spaces."""
    due: tuple[str, ...] = ()
    """Tables whose index by due time it queries."""
    connections: tuple[str, ...] = ()
    """Verbs on the API's connections: POST pushes, DELETE cuts."""
    sends: bool = False
    """Whether it hands audiences to the queue."""
    receives: bool = False
    """Whether the queue delivers to it; it says itself when what it could not serve is to come again."""
    reads_stream: bool = False
    """Whether the stream of listener counts delivers to it."""
    verifies_tokens: bool = False
    """Whether it is told about the user pool."""
    calls_hook: bool = False
    """Whether it calls the stack's hook, where there is one."""
    calls_itself: bool = False
    """Whether it goes on in further invocations of itself."""
    timeout: int = 10
    """Seconds it may take; API Gateway waits 29, of which pushing and cutting off may need 16, however large
    the audience (functions/domain/pusher.py has the sum)."""
    memory_size: int = 256
    """Megabytes."""

    def also(self, *others: "Need") -> "Need":
        """Return this need with those of others added."""
        whole = self
        for other in others:
            whole = replace(
                whole,
                tables=_joined(whole.tables, other.tables),
                connections=tuple(dict.fromkeys((*whole.connections, *other.connections))),
                sends=whole.sends or other.sends,
            )
        return whole


def _joined(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    return {
        table: " ".join(sorted({*one.get(table, "").split(), *other.get(table, "").split()}))
        for table in (*one, *(table for table in other if table not in one))
    }


_IS_LIMITED = Need(tables={"limits": "UpdateItem"})
_REMEMBERS_REQUESTS = Need(tables={"requests": "PutItem"})
_CLEANS_UP = Need(
    tables={
        "connections": "GetItem DeleteItem",
        "listeners": "UpdateItem DeleteItem",
        "sessions": "UpdateItem",
    }
)
"""Takes a connection that is gone out of everything."""
_BROADCASTS = Need(tables={"listeners": "Query"}, connections=("POST", "DELETE"), sends=True).also(_CLEANS_UP)
"""Pushes to audiences; whom it leaves behind it hands to the queue."""
_REPLAYS = Need(tables={"messages": "Query"}, connections=("POST",))

NEEDS: dict[str, Need] = {
    "authorize": Need(verifies_tokens=True),
    "connect": Need(tables={"connections": "PutItem"}).also(_IS_LIMITED),
    "disconnect": replace(_CLEANS_UP, timeout=20),
    "unknown_action": Need(),
    "create_session": Need(
        tables={
            "sessions": "PutItem GetItem UpdateItem",
            "listeners": "PutItem BatchGetItem",
            "connections": "UpdateItem",
        }
    ).also(_REMEMBERS_REQUESTS, _IS_LIMITED),
    "join_session": Need(
        tables={
            "sessions": "GetItem",
            "listeners": "PutItem UpdateItem DeleteItem BatchGetItem",
            "connections": "UpdateItem",
        },
        timeout=29,
    ).also(_REPLAYS, _IS_LIMITED),
    "resume_session": Need(
        tables={
            "sessions": "GetItem UpdateItem",
            "listeners": "BatchGetItem",
            "connections": "GetItem UpdateItem",
        },
        timeout=29,
    ).also(_REPLAYS, _REMEMBERS_REQUESTS, _IS_LIMITED),
    "publish": Need(
        tables={
            "sessions": "GetItem UpdateItem",
            "messages": "PutItem BatchGetItem",
            "requests": "GetItem PutItem",
        },
        calls_hook=True,
        timeout=29,
        memory_size=1024,
    ).also(_BROADCASTS),
    "update_session": Need(tables={"sessions": "GetItem UpdateItem"}, timeout=29, memory_size=512).also(
        _BROADCASTS, _REMEMBERS_REQUESTS, _IS_LIMITED
    ),
    "end_session": Need(tables={"sessions": "GetItem UpdateItem"}, timeout=29, memory_size=512).also(
        _BROADCASTS, _IS_LIMITED
    ),
    "leave_session": Need(
        tables={
            "sessions": "GetItem UpdateItem",
            "listeners": "UpdateItem DeleteItem",
            "connections": "GetItem UpdateItem",
        }
    ).also(_REMEMBERS_REQUESTS, _IS_LIMITED),
    "get_session": Need(
        tables={"sessions": "GetItem", "listeners": "BatchGetItem", "connections": "GetItem"}
    ).also(_IS_LIMITED),
    "refresh_token": Need(tables={"connections": "GetItem UpdateItem"}, verifies_tokens=True).also(
        _IS_LIMITED
    ),
    "heartbeat": Need(tables={"connections": "UpdateItem"}),
    "http_create_session": Need(
        tables={"sessions": "PutItem GetItem", "listeners": "PutItem BatchGetItem"}
    ).also(_REMEMBERS_REQUESTS, _IS_LIMITED),
    "http_get_session": Need(tables={"sessions": "GetItem", "listeners": "BatchGetItem"}).also(_IS_LIMITED),
    "http_update_session": Need(tables={"sessions": "GetItem UpdateItem"}, timeout=29, memory_size=512).also(
        _BROADCASTS, _IS_LIMITED
    ),
    "http_end_session": Need(tables={"sessions": "GetItem UpdateItem"}, timeout=29, memory_size=512).also(
        _BROADCASTS, _IS_LIMITED
    ),
    "keep_alive": Need(
        tables={"sessions": "GetItem UpdateItem", "connections": "GetItem UpdateItem"},
        due=("sessions", "connections"),
        calls_itself=True,
        timeout=50,
        memory_size=1024,
    ).also(_BROADCASTS),
    "presence": Need(
        tables={"sessions": "GetItem", "listeners": "BatchGetItem"},
        connections=("POST",),
        reads_stream=True,
        timeout=30,
    ),
    "fan_out": Need(tables={"messages": "BatchGetItem"}, receives=True, timeout=30, memory_size=1024).also(
        _BROADCASTS
    ),
}
"""By handler: the name of its file in functions/handlers."""

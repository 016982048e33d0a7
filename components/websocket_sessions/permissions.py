"""What each function may do: the table from which roles, policies and environments are made.

Operations are DynamoDB's; a transaction needs the permission of each of its operations
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from websocket_sessions.config.settings import SessionSettings


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """What one function may do besides writing its own log, and what it runs with."""

    tables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Operations on each table that it uses, separated by spaces."""
    due_indexes: tuple[str, ...] = ()
    """Tables whose index by due time it queries."""
    connections: tuple[str, ...] = ()
    """Verbs on the API's connections: POST pushes, DELETE disconnects."""
    sends_to_queue: bool = False
    """Whether it sends tasks to the fan-out queue."""
    consumes_queue: bool = False
    """Whether it consumes the fan-out queue and sets the retry delay of failed messages."""
    reads_stream: bool = False
    """Whether it consumes the stream of listener slots."""
    verifies_tokens: bool = False
    """Whether it gets the issuer, the audience and the address of the signing keys."""
    calls_hook: bool = False
    """Whether it calls the stack's hook, if the stack has one."""
    publishes_to_channel: bool = False
    """Whether it publishes to the audience's channel, if the stack has one."""
    offers_channel: bool = False
    """Whether it offers listeners the audience's channel, if the stack has one. It then records in the
    session (UpdateItem) which languages have listeners there."""
    calls_itself: bool = False
    """Whether it continues in further invocations of itself."""
    if_coalescing: "FunctionSpec | None" = None
    """What it may do besides in a stack with `coalescingInterval`."""
    timeout: int = 10
    """Seconds. API Gateway waits 29, of which pushing and disconnecting may need 16 for an audience of any
    size (functions/domain/delivery.py has the sum)."""
    memory_size: int = 256
    """Megabytes."""

    def in_stack(self, settings: SessionSettings, *, has_channel: bool) -> "FunctionSpec":
        """Return this spec with the permissions that the settings and the channel of a stack need."""
        needed: list[FunctionSpec] = []
        if self.if_coalescing is not None and settings.coalescing_interval:
            needed.append(self.if_coalescing)
        if self.offers_channel and has_channel:
            needed.append(_RECORDS_LANGUAGES)
        return self.combined_with(*needed)

    def combined_with(self, *others: "FunctionSpec") -> "FunctionSpec":
        """Return this spec with the permissions of others added."""
        combined = self
        for other in others:
            combined = replace(
                combined,
                tables=_joined(combined.tables, other.tables),
                connections=tuple(dict.fromkeys((*combined.connections, *other.connections))),
                sends_to_queue=combined.sends_to_queue or other.sends_to_queue,
                publishes_to_channel=combined.publishes_to_channel or other.publishes_to_channel,
            )
        return combined


def _joined(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    return {
        table: " ".join(sorted({*one.get(table, "").split(), *other.get(table, "").split()}))
        for table in (*one, *(table for table in other if table not in one))
    }


_RECORDS_LANGUAGES = FunctionSpec(tables={"sessions": "UpdateItem"})
"""Records in a session which languages have listeners on the channel."""
_IS_LIMITED = FunctionSpec(tables={"limits": "UpdateItem"})
_COUNTS_REQUESTS = FunctionSpec(tables={"limits": "UpdateItem"}, connections=("DELETE",))
"""Counts a connection's requests, and disconnects it if it goes on far beyond its limit."""
_LOOKS_UP = FunctionSpec(tables={"limits": "BatchGetItem", "sessions": "BatchGetItem"})
"""Reads a session together with the failed look-ups of its caller."""
_REMEMBERS_REQUESTS = FunctionSpec(tables={"requests": "PutItem"})
_BROADCASTS = FunctionSpec(
    tables={"listeners": "Query DeleteItem", "connections": "GetItem DeleteItem"},
    connections=("POST", "DELETE"),
    sends_to_queue=True,
    publishes_to_channel=True,
)
"""Pushes to listeners, removes those whose connections are gone, and queues retries for the others."""
_REPLAYS = FunctionSpec(tables={"messages": "Query"}, connections=("POST",))

FUNCTION_SPECS: dict[str, FunctionSpec] = {
    "authorize": FunctionSpec(verifies_tokens=True),
    "authorize_channel": _IS_LIMITED,
    "connect": FunctionSpec(tables={"connections": "PutItem"}).combined_with(_IS_LIMITED),
    "disconnect": FunctionSpec(tables={"sessions": "GetItem UpdateItem"}, timeout=29).combined_with(
        _BROADCASTS
    ),
    "unknown_action": _COUNTS_REQUESTS,
    "create_session": FunctionSpec(
        tables={
            "sessions": "PutItem GetItem UpdateItem",
            "listeners": "Query",
            "connections": "UpdateItem",
        },
        timeout=29,
    ).combined_with(_BROADCASTS, _REMEMBERS_REQUESTS, _COUNTS_REQUESTS),
    "join_session": FunctionSpec(
        tables={
            "sessions": "GetItem BatchGetItem",
            "listeners": "PutItem UpdateItem DeleteItem Query",
            "connections": "GetItem BatchGetItem UpdateItem",
        },
        offers_channel=True,
        timeout=29,
    ).combined_with(_REPLAYS, _COUNTS_REQUESTS, _LOOKS_UP),
    "resume_session": FunctionSpec(
        tables={
            "sessions": "GetItem UpdateItem",
            "listeners": "Query",
            "connections": "GetItem UpdateItem",
        },
        timeout=29,
    ).combined_with(_BROADCASTS, _REPLAYS, _REMEMBERS_REQUESTS, _COUNTS_REQUESTS),
    "publish": FunctionSpec(
        tables={
            "sessions": "GetItem UpdateItem",
            "messages": "PutItem BatchGetItem",
            "requests": "GetItem PutItem",
        },
        calls_hook=True,
        timeout=29,
        memory_size=1024,
    ).combined_with(_BROADCASTS, _COUNTS_REQUESTS),
    "update_session": FunctionSpec(
        tables={"sessions": "GetItem UpdateItem"}, timeout=29, memory_size=512
    ).combined_with(_BROADCASTS, _REMEMBERS_REQUESTS, _IS_LIMITED),
    "end_session": FunctionSpec(tables={"sessions": "UpdateItem"}, timeout=29, memory_size=512).combined_with(
        _BROADCASTS, _IS_LIMITED
    ),
    "leave_session": FunctionSpec(
        tables={
            "sessions": "GetItem UpdateItem",
            "listeners": "DeleteItem",
            "connections": "GetItem UpdateItem",
        },
        timeout=29,
    ).combined_with(_BROADCASTS, _REMEMBERS_REQUESTS, _COUNTS_REQUESTS),
    "get_session": FunctionSpec(
        tables={"sessions": "GetItem", "listeners": "Query", "connections": "GetItem"}
    ).combined_with(_COUNTS_REQUESTS, _LOOKS_UP),
    "refresh_token": FunctionSpec(
        tables={"connections": "GetItem UpdateItem"}, verifies_tokens=True
    ).combined_with(_COUNTS_REQUESTS),
    "heartbeat": FunctionSpec(tables={"connections": "UpdateItem"}).combined_with(_COUNTS_REQUESTS),
    "http_create_session": FunctionSpec(
        tables={"sessions": "PutItem GetItem", "listeners": "Query"}
    ).combined_with(_REMEMBERS_REQUESTS, _IS_LIMITED),
    "http_get_session": FunctionSpec(tables={"listeners": "Query"}).combined_with(_IS_LIMITED, _LOOKS_UP),
    "http_update_session": FunctionSpec(
        tables={"sessions": "UpdateItem"}, timeout=29, memory_size=512
    ).combined_with(_BROADCASTS, _IS_LIMITED),
    "http_end_session": FunctionSpec(
        tables={"sessions": "UpdateItem"}, timeout=29, memory_size=512
    ).combined_with(_BROADCASTS, _IS_LIMITED),
    "keep_alive": FunctionSpec(
        tables={"sessions": "GetItem UpdateItem", "connections": "GetItem UpdateItem"},
        due_indexes=("sessions", "connections"),
        calls_itself=True,
        timeout=50,
        memory_size=1024,
    ).combined_with(_BROADCASTS),
    "presence": FunctionSpec(
        tables={"sessions": "GetItem UpdateItem", "listeners": "Query"},
        connections=("POST",),
        reads_stream=True,
        timeout=30,
    ),
    "fan_out": FunctionSpec(
        tables={"messages": "BatchGetItem"},
        if_coalescing=FunctionSpec(tables={"sessions": "UpdateItem"}),
        consumes_queue=True,
        timeout=30,
        memory_size=1024,
    ).combined_with(_BROADCASTS),
}
"""By handler: the name of its file in functions/handlers."""

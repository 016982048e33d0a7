"""A route that a program adds to a session backend, and the function that may use the backend's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from pulumi import Input

from websocket_sessions.arguments import arguments, check, check_choice
from websocket_sessions.plain_arguments import (
    CHECKED_AS_PERMISSION,
    READ_AS_CODE,
    SELECTS_THROTTLED_ROUTES,
    plain_because,
)
from websocket_sessions.policies import PolicyStatement
from websocket_sessions.route_targets import Throttle
from websocket_sessions.session_tables import TABLES
from websocket_sessions.source_code import CODE_PATH
from websocket_sessions.web_socket_api import CONNECTION_VERBS

_OPERATION = r"allowed is an operation of DynamoDB such as GetItem"


@arguments
class BackendRoute:
    """A further route of a backend's WebSocket API, with a function of its own."""

    handler: str = field(metadata=plain_because(READ_AS_CODE))
    """A path to code such as `app/app.handler` (folder, module, function), relative to the program."""
    tables: Mapping[str, Sequence[str]] = field(
        default_factory=dict[str, Sequence[str]], metadata=plain_because(CHECKED_AS_PERMISSION)
    )
    """DynamoDB operations by table, such as `{"sessions": ["GetItem"]}`. The function gets the name of the
    table in SESSIONS_TABLE, and likewise for connections, listeners, messages, requests and limits."""
    connections: Sequence[str] = field(
        default_factory=list[str], metadata=plain_because(CHECKED_AS_PERMISSION)
    )
    """`POST` pushes to connections, `GET` looks them up, `DELETE` disconnects them. With any, the function
    gets the address in CALLBACK_URL."""
    policy: Input[Sequence[PolicyStatement]] = field(default_factory=list[PolicyStatement])
    """What else the function may do."""
    environment: Input[Mapping[str, Input[str]]] = field(default_factory=dict[str, Input[str]])
    """Further environment variables."""
    throttle: Throttle | None = field(default=None, metadata=plain_because(SELECTS_THROTTLED_ROUTES))
    """The route's own throttle, in place of the stage's."""
    replies: bool = True
    """Whether what the function returns goes back to the client as a message."""
    timeout: Input[int] = 10
    """Seconds that the function may take; API Gateway waits 29."""
    memory_size: Input[int] = 256
    """Megabytes."""
    snap_start: bool = False
    """Whether the function has SnapStart, as of LambdaHandler. The backend's own functions have it by
    `snap_start` of the options."""

    def __post_init__(self) -> None:
        """Check the path, the tables, their operations and the verbs."""
        check(
            "handler",
            self.handler,
            "allowed is a path to code such as app/app.handler",
            when=CODE_PATH.fullmatch(self.handler) is not None,
        )
        for table, operations in self.tables.items():
            check_choice("tables", table, TABLES)
            for operation in operations:
                check(f"tables.{table}", operation, _OPERATION, when=operation.isalpha())
        for verb in self.connections:
            check_choice("connections", verb, CONNECTION_VERBS)

"""What answers a route: a function, code for one, or a mock."""

from collections.abc import Sequence
from dataclasses import field
from typing import TypeVar, Unpack

from pulumi import Input, ResourceOptions

from websocket_sessions.arguments import arguments, check_range
from websocket_sessions.component_options import LambdaHandlerOptions
from websocket_sessions.function_ref import FunctionLike
from websocket_sessions.lambda_handler import LambdaHandler
from websocket_sessions.mock_reply import MockReply
from websocket_sessions.names import slug
from websocket_sessions.plain_arguments import CHECKED_AGAINST_ISSUER, SELECTS_THROTTLED_ROUTES, plain_because
from websocket_sessions.source_code import source_code

_ARN_PREFIX = "arn:"
Target = TypeVar("Target")
RouteTarget = FunctionLike | MockReply
"""A function, a MockReply, or a path to code such as `app/app.handler`, for which a function is made."""


@arguments
class Throttle:
    """How many requests a route takes; beyond, API Gateway answers 429."""

    rate: Input[float]
    """Requests a second."""
    burst: Input[int]
    """Requests at once."""

    def __post_init__(self) -> None:
        """Check the values against the account's quotas."""
        check_range("rate", self.rate, 1, 10_000, "the account's quota")
        check_range("burst", self.burst, 1, 5_000, "the account's quota")


@arguments
class Route:
    """A route of a WebSocket API, where its target alone does not say enough."""

    target: RouteTarget
    """What answers: a function, its ARN, a path to code, or a mock."""
    replies: bool | None = None
    """Whether what the target returns goes back to the client as a message. By default it does, except on
    `$connect` and `$disconnect`."""
    authorizer: FunctionLike | None = None
    """The function that decides on each connection; on `$connect` only."""
    throttle: Throttle | None = field(default=None, metadata=plain_because(SELECTS_THROTTLED_ROUTES))
    """The route's own throttle, in place of the stage's."""


@arguments
class HttpRoute:
    """A route of an HTTP API, where its target alone does not say enough."""

    target: FunctionLike
    """What answers: a function, its ARN, or a path to code."""
    signed_in: bool = field(default=True, metadata=plain_because(CHECKED_AGAINST_ISSUER))
    """Whether a valid JWT is required."""
    scopes: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """OAuth scopes of which the token must have one."""
    throttle: Throttle | None = field(default=None, metadata=plain_because(SELECTS_THROTTLED_ROUTES))
    """The route's own throttle, in place of the stage's."""


class FunctionsByPath:
    """Makes one function of each path to code, however many routes it answers."""

    def __init__(self, prefix: str, opts: ResourceOptions, **options: Unpack[LambdaHandlerOptions]) -> None:
        self._prefix = prefix
        self._opts = opts
        self._options = options
        self._made: dict[str, LambdaHandler] = {}

    def resolve(self, argument: str, target: Target) -> Target | LambdaHandler:
        """Return the function for a path to code, and any other target as it is.

        Raises ArgumentError for a path without a file.
        """
        if not isinstance(target, str) or target.startswith(_ARN_PREFIX):
            return target
        if target not in self._made:
            source_code(argument, target)
            options: LambdaHandlerOptions = {**self._options, "handler": target}
            self._made[target] = LambdaHandler(f"{self._prefix}-{slug(target)}", opts=self._opts, **options)
        return self._made[target]

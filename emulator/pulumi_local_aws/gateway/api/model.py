"""A WebSocket API as the control plane describes it; frozen, so that a message sees one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationResponse:
    """Maps one class of integration results to the route's reply (not used by AWS_PROXY)."""

    key: str
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    template_selection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A backend: AWS_PROXY (Lambda), AWS (Lambda without proxy) or MOCK.

    `has_credentials` is true if a role is configured for the call, instead of the function's resource policy.
    """

    kind: str
    uri: str = ""
    has_credentials: bool = False
    timeout_seconds: float | None = None
    request_templates: Mapping[str, str] = field(default_factory=dict[str, str])
    template_selection: str | None = None
    passthrough: str = "WHEN_NO_MATCH"
    response_selection: str | None = None
    responses: tuple[IntegrationResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A Lambda REQUEST authorizer, the only kind of WebSocket APIs; it runs on `$connect` only.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    """

    uri: str
    authorizer_id: str = ""
    has_credentials: bool = False
    identity_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. The sender gets the integration's result only if the route has a route response.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """

    key: str
    authorization: str = "NONE"
    authorizer: Authorizer | None = None
    integration: Integration | None = None
    has_route_response: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Requests a second and the burst above it; None means the account's limit."""

    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: its variables, its default throttling and the throttling of single routes."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    throttle: Throttle = field(default_factory=Throttle)
    route_throttles: Mapping[str, Throttle] = field(default_factory=dict[str, Throttle])

    def throttle_for(self, route_key: str) -> Throttle:
        return self.route_throttles.get(route_key, self.throttle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A WebSocket API with its stages and routes."""

    api_id: str
    region: str = "us-east-1"
    account_id: str = "000000000000"
    route_selection: str = "$request.body.action"
    stages: Mapping[str, Stage] = field(default_factory=dict[str, Stage])
    routes: Mapping[str, Route] = field(default_factory=dict[str, Route])

    def route_arn(self, stage: str, route_key: str) -> str:
        """Return the ARN that a policy names: `arn:aws:execute-api:region:account:api/stage/$connect`.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
        """
        return f"{self._arn}/{stage}/{route_key}"

    def authorizer_arn(self, authorizer: Authorizer) -> str:
        """Return the ARN that a function's resource policy names for an authorizer."""
        return f"{self._arn}/authorizers/{authorizer.authorizer_id}"

    @property
    def _arn(self) -> str:
        return f"arn:aws:execute-api:{self.region}:{self.account_id}:{self.api_id}"

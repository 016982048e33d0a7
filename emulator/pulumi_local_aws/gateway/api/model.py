"""What a WebSocket API is, as the control plane describes it: frozen, so a message sees one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationResponse:
    """How one class of integration results becomes the route's reply (not used by AWS_PROXY)."""

    key: str
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    template_selection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A backend: AWS_PROXY (Lambda), AWS (Lambda without proxy) or MOCK. `timeout` in seconds, at most 29.

    `credentials` is true where a role is named to call it with, instead of the function's own policy.
    """

    kind: str
    uri: str = ""
    credentials: bool = False
    timeout: float | None = None
    request_templates: Mapping[str, str] = field(default_factory=dict[str, str])
    template_selection: str | None = None
    passthrough: str = "WHEN_NO_MATCH"
    response_selection: str | None = None
    responses: tuple[IntegrationResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A Lambda REQUEST authorizer. WebSocket APIs have no other kind, and it runs on `$connect` only.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    """

    uri: str
    authorizer_id: str = ""
    credentials: bool = False
    identity_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. `replies` is true where a route response exists: only then the sender gets the result.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """

    key: str
    authorization: str = "NONE"
    authorizer: Authorizer | None = None
    integration: Integration | None = None
    replies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Requests a second and the burst above it; None leaves the account's limit."""

    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: its variables, and its throttling by route with a default for the rest."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    throttle: Throttle = field(default_factory=Throttle)
    route_throttles: Mapping[str, Throttle] = field(default_factory=dict[str, Throttle])

    def throttle_of(self, route_key: str) -> Throttle:
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
        """The ARN a policy names: `arn:aws:execute-api:region:account:api/stage/$connect`.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
        """
        return f"{self._arn}/{stage}/{route_key}"

    def authorizer_arn(self, authorizer: Authorizer) -> str:
        """The ARN that a function's policy names for an authorizer."""
        return f"{self._arn}/authorizers/{authorizer.authorizer_id}"

    @property
    def _arn(self) -> str:
        return f"arn:aws:execute-api:{self.region}:{self.account_id}:{self.api_id}"

"""The issuer whose tokens a backend accepts: its own user pool, an existing one, or any OIDC issuer."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pulumi import Input, Output

from websocket_sessions.arguments import arguments, check_rule
from websocket_sessions.cognito_users import CognitoUsers

_POOL_ID_RULE = "allowed is a pool's id such as eu-central-1_AbCdEfGhI"


@arguments
class ExistingUserPool:
    """A Cognito user pool that this stack does not create, in any Region."""

    user_pool_id: Input[str]
    """The pool's id, such as eu-central-1_AbCdEfGhI."""
    client_ids: Input[Sequence[Input[str]]]
    """The pool's clients whose tokens are accepted, at least one. Pages sign in with the first."""

    def __post_init__(self) -> None:
        """Check the pool's id, which begins with its Region, and that there is a client."""
        check_rule("user_pool_id", self.user_pool_id, _POOL_ID_RULE, lambda known: "_" in known[1:-1])
        _check_clients("client_ids", self.client_ids)


@arguments
class OidcIssuer:
    """An OpenID Connect issuer, such as Auth0 or Keycloak, that signs its tokens by RS256."""

    issuer: Input[str]
    """The `iss` of its tokens. API Gateway reads `/.well-known/openid-configuration` under this URL."""
    audience: Input[Sequence[Input[str]]]
    """Accepted values of `aud`, at least one; of `client_id` for tokens without `aud`."""
    jwks_url: Input[str] | None = None
    """The address of the signing keys; by default `/.well-known/jwks.json` under the issuer."""

    def __post_init__(self) -> None:
        """Check the addresses, and that there is an audience."""
        rule = "allowed is a URL such as https://example.eu.auth0.com/"
        check_rule("issuer", self.issuer, rule, _is_url)
        check_rule("jwks_url", self.jwks_url, rule, lambda known: known is None or _is_url(known))
        _check_clients("audience", self.audience)


@dataclass(frozen=True, kw_only=True)
class TokenIssuer:
    """What the functions, the HTTP API and the pages need of an issuer."""

    issuer: Output[str]
    """The `iss` of its tokens."""
    audience: Output[list[str]]
    """The clients whose tokens are accepted."""
    jwks_url: Output[str]
    """The address of the signing keys."""
    kind: str
    """`cognito`, whose tokens name their use, or `oidc`."""
    user_pool_id: Output[str] | None
    """The Cognito user pool, or None for another issuer."""
    sign_in_url: Output[str]
    """The address that a page connects to when it signs in."""

    @classmethod
    def of_users(cls, users: CognitoUsers, endpoint: Input[str] | None) -> "TokenIssuer":
        """Return a backend's own user pool; a local stack names the endpoint of its Cognito."""
        return cls(
            issuer=users.issuer,
            audience=Output.all(users.client_id).apply(list),
            jwks_url=users.jwks_url,
            kind="cognito",
            user_pool_id=users.user_pool_id,
            sign_in_url=_sign_in_url(users.issuer, endpoint),
        )

    @classmethod
    def of_existing_pool(
        cls, pool: ExistingUserPool, endpoint: Input[str] | None, issuer: Input[str] | None
    ) -> "TokenIssuer":
        """Return an existing user pool; a local stack names the endpoint and the issuer of its Cognito."""
        pool_id = Output.from_input(pool.user_pool_id)
        named = pool_id.apply(_issuer_of_pool) if issuer is None else Output.concat(issuer, "/", pool_id)
        keys = named if endpoint is None else Output.concat(endpoint, "/", pool_id)
        return cls(
            issuer=named,
            audience=_known(pool.client_ids),
            jwks_url=Output.concat(keys, "/.well-known/jwks.json"),
            kind="cognito",
            user_pool_id=pool_id,
            sign_in_url=_sign_in_url(named, endpoint),
        )

    @classmethod
    def of_oidc(cls, given: OidcIssuer) -> "TokenIssuer":
        """Return any OpenID Connect issuer."""
        issuer = Output.from_input(given.issuer)
        keys = issuer.apply(lambda known: f"{known.rstrip('/')}/.well-known/jwks.json")
        return cls(
            issuer=issuer,
            audience=_known(given.audience),
            jwks_url=keys if given.jwks_url is None else Output.from_input(given.jwks_url),
            kind="oidc",
            user_pool_id=None,
            sign_in_url=_sign_in_url(issuer, None),
        )


def _known(given: Input[Sequence[Input[str]]]) -> Output[list[str]]:
    return Output.from_input(given).apply(lambda items: Output.all(*items)).apply(list)


def _sign_in_url(issuer: Output[str], endpoint: Input[str] | None) -> Output[str]:
    if endpoint is not None:
        return Output.from_input(endpoint)
    return issuer.apply(lambda known: f"{urlsplit(known).scheme}://{urlsplit(known).netloc}")


def _issuer_of_pool(pool_id: str) -> str:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html"""
    region = pool_id.partition("_")[0]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://cognito-idp.{region}.{suffix}/{pool_id}"


def _check_clients(argument: str, given: Input[Sequence[Input[str]]]) -> None:
    check_rule(argument, given, "allowed is at least one", lambda known: len(known) > 0)


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://")) and bool(urlsplit(text).netloc)

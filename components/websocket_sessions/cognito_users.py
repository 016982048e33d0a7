"""A Cognito user pool for speakers, and the public client that the pages sign in with."""

from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_range, coerce_args
from websocket_sessions.component_options import CognitoUsersOptions
from websocket_sessions.local_endpoint import cognito_endpoint
from websocket_sessions.plain_arguments import PROTECTS, plain_because
from websocket_sessions.tags import Tags, stack_tags

_SIGN_IN = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@arguments
class CognitoUsersArgs:
    """Arguments of CognitoUsers."""

    deletion_protection: bool = field(default=True, metadata=plain_because(PROTECTS))
    """Whether AWS and Pulumi refuse to delete the pool with its accounts, and the client."""
    self_sign_up: Input[bool] = False
    """Whether users create their own accounts; otherwise an administrator does."""
    password_sign_in: Input[bool] = False
    """Whether a client may send the password itself (USER_PASSWORD_AUTH) rather than prove it by SRP. For
    demonstrations and tests only."""
    password_length: Input[int] = 12
    """Least number of characters, 8 to 99."""
    access_token_minutes: Input[int] = 60
    """Minutes that an access or id token is valid, 5 to 1440."""
    refresh_token_days: Input[int] = 30
    """Days until a user must sign in again, 1 to 3650."""
    endpoint: Input[str] | None = None
    """Where Cognito is, if it is not AWS's own. By default `cognitoidp` of the config's `aws:endpoints`, else
    AWS_ENDPOINT_URL: what the AWS provider uses."""
    issuer: Input[str] | None = None
    """What the pool's tokens name as their issuer, less the pool's id, if it is not AWS's: LocalStack names
    itself, MiniStack names AWS."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the values against Cognito's limits."""
        check_range("password_length", self.password_length, 8, 99)
        check_range("access_token_minutes", self.access_token_minutes, 5, 1440)
        check_range("refresh_token_days", self.refresh_token_days, 1, 3650)


class CognitoUsers(ComponentResource):
    """A user pool and a public client: no secret, SRP, and errors that do not reveal which accounts exist."""

    user_pool_id: Output[str]
    """The pool's id."""
    client_id: Output[str]
    """The public client's id, the audience of its tokens."""
    issuer: Output[str]
    """The `iss` of its tokens."""
    jwks_url: Output[str]
    """The address of the keys that sign them."""

    def __init__(
        self,
        name: str,
        args: CognitoUsersArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[CognitoUsersOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:CognitoUsers", name, None, opts)
        args = coerce_args(CognitoUsersArgs, args, options)
        child_opts = ResourceOptions(parent=self, protect=args.deletion_protection or None)

        self.pool = _create_pool(name, args, child_opts)
        self.client = _create_client(name, args, self.pool, child_opts)

        self.user_pool_id = self.pool.id
        self.client_id = self.client.id
        self.issuer = (
            Output.concat(args.issuer, "/", self.pool.id)
            if args.issuer is not None
            else Output.concat("https://", self.pool.endpoint)
        )
        self.jwks_url = Output.concat(self._key_folder(args), "/.well-known/jwks.json")
        self.register_outputs(
            {
                "userPoolId": self.user_pool_id,
                "clientId": self.client_id,
                "issuer": self.issuer,
                "jwksUrl": self.jwks_url,
            }
        )

    def _key_folder(self, args: CognitoUsersArgs) -> Output[str]:
        endpoint = cognito_endpoint(args.endpoint)
        return self.issuer if endpoint is None else Output.concat(endpoint, "/", self.pool.id)


def _create_pool(name: str, args: CognitoUsersArgs, child_opts: ResourceOptions) -> aws.cognito.UserPool:
    return aws.cognito.UserPool(
        f"{name}-pool",
        username_attributes=["email"],
        auto_verified_attributes=["email"],
        username_configuration=aws.cognito.UserPoolUsernameConfigurationArgs(case_sensitive=False),
        deletion_protection="ACTIVE" if args.deletion_protection else "INACTIVE",
        admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(
            allow_admin_create_user_only=Output.from_input(args.self_sign_up).apply(
                lambda allowed: not allowed
            )
        ),
        account_recovery_setting=aws.cognito.UserPoolAccountRecoverySettingArgs(
            recovery_mechanisms=[
                aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(
                    name="verified_email", priority=1
                )
            ]
        ),
        password_policy=aws.cognito.UserPoolPasswordPolicyArgs(
            minimum_length=args.password_length,
            require_lowercase=True,
            require_uppercase=True,
            require_numbers=True,
            require_symbols=False,
            temporary_password_validity_days=7,
        ),
        tags=stack_tags(args.tags),
        opts=child_opts,
    )


def _create_client(
    name: str, args: CognitoUsersArgs, pool: aws.cognito.UserPool, child_opts: ResourceOptions
) -> aws.cognito.UserPoolClient:
    return aws.cognito.UserPoolClient(
        f"{name}-client",
        user_pool_id=pool.id,
        generate_secret=False,
        explicit_auth_flows=Output.from_input(args.password_sign_in).apply(
            lambda allowed: [*_SIGN_IN, *(["ALLOW_USER_PASSWORD_AUTH"] if allowed else [])]
        ),
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        access_token_validity=args.access_token_minutes,
        id_token_validity=args.access_token_minutes,
        refresh_token_validity=args.refresh_token_days,
        token_validity_units=aws.cognito.UserPoolClientTokenValidityUnitsArgs(
            access_token="minutes",  # noqa: S106
            id_token="minutes",  # noqa: S106
            refresh_token="days",  # noqa: S106
        ),
        opts=child_opts,
    )

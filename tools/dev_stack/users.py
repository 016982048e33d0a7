"""Makes users of a stack's pool for tests, and removes them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tools.dev_stack import clients
from tools.dev_stack.sign_in import Config, sign_in


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of the stack's pool, with a token."""

    name: str
    password: str
    token: str


def create_user(config: Config, aws: Mapping[str, str]) -> User:
    """Create a user with a random name and password, and sign it in. A failure leaves no user behind."""
    name = f"e2e-{secrets.token_hex(6)}@example.com"
    password = f"Aa1-{secrets.token_urlsafe(18)}"
    cognito, pool = clients.cognito(aws), config["userPoolId"]
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}],
    )
    try:
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
        return User(name=name, password=password, token=sign_in(config, name, password))
    except ClientError:
        remove_user(config, aws, name)
        raise


def remove_user(config: Config, aws: Mapping[str, str], name: str) -> None:
    """Remove a user."""
    clients.cognito(aws).admin_delete_user(UserPoolId=config["userPoolId"], Username=name)

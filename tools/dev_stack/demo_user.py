"""The demo user of the local stack: a random password, kept in a file that only its owner reads."""

import json
import secrets
from pathlib import Path

from pulumi_local_aws.files import write_secret
from tools.dev_stack import clients
from tools.dev_stack.dev_stack import DevStack

USERNAME = "demo@example.com"
FILE = "demo-user.json"


def load_demo_user(local: Path) -> tuple[str, str]:
    """Return the demo user's name and password, made at random where there is none yet."""
    path = local / FILE
    # One of each kind of character that Cognito's strictest password policy asks for.
    fresh = {"username": USERNAME, "password": f"Aa1-{secrets.token_urlsafe(18)}"}
    write_secret(path, json.dumps(fresh, indent=2) + "\n", keep=True)
    stored = json.loads(path.read_text(encoding="utf-8"))
    return stored["username"], stored["password"]


def create_demo_user(stack: DevStack, pool_id: str) -> tuple[str, str]:
    """Make sure that the pool has the demo user with the password in the file."""
    username, password = load_demo_user(stack.layout.local)
    cognito = clients.cognito(stack.aws_environment())
    try:
        cognito.admin_get_user(UserPoolId=pool_id, Username=username)
    except cognito.exceptions.UserNotFoundException:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=username,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": username},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=username, Password=password, Permanent=True)
    return username, password

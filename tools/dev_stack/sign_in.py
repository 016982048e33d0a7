"""Signs a user in at Cognito, in the cloud or on the local stack, from the stack's outputs alone."""

from typing import Any

from tools.dev_stack import clients

Config = dict[str, Any]
"""The stack's output `frontendConfig`."""


def sign_in(config: Config, username: str, password: str) -> str:
    """Return an access token (USER_PASSWORD_AUTH); raises botocore's ClientError where it is refused."""
    # An unsigned operation: the key pair only keeps boto3 from looking for one.
    environment = {
        "AWS_REGION": config["region"],
        "AWS_ACCESS_KEY_ID": "unsigned",
        "AWS_SECRET_ACCESS_KEY": "unsigned",
    }
    if config.get("cognitoEndpoint"):
        environment["AWS_ENDPOINT_URL"] = config["cognitoEndpoint"]
    answer = clients.cognito(environment).initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=config["userPoolClientId"],
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return answer.get("AuthenticationResult", {}).get("AccessToken", "")

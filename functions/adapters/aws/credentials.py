"""The function's credentials, as Lambda provides them.

A function has a key pair in its environment. One with SnapStart has the address of a local endpoint instead
(adapters/aws/container_credentials.py).
"""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A key pair, with the session token if it is a role's."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class CredentialsUnavailableError(OSError):
    """The function has no credentials, or the endpoint that provides them has no valid response."""


class LambdaCredentials:
    """Provides the credentials for a request. Rotated ones are used at once."""

    def __call__(self) -> Credentials:
        """Return the credentials. Raises CredentialsUnavailableError."""
        environment = os.environ
        if "AWS_ACCESS_KEY_ID" in environment:
            return Credentials(
                access_key=environment["AWS_ACCESS_KEY_ID"],
                secret_key=environment["AWS_SECRET_ACCESS_KEY"],
                token=environment.get("AWS_SESSION_TOKEN") or None,
            )
        url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if url is None:
            raise CredentialsUnavailableError(
                "the environment has neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI"
            )
        from adapters.aws.container_credentials import container_credentials  # noqa: PLC0415 -- with SnapStart

        return container_credentials(url, environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""))()

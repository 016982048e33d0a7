"""The address of Cognito on a local AWS, which tokens and pages need, and no output of a user pool has."""

import os
from typing import Any, cast

from pulumi import Config, Input

_VARIABLES = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")
"""https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""


def cognito_endpoint(given: Input[str] | None) -> Input[str] | None:
    """Return the given address, else the one that the AWS provider uses in place of AWS's, or None.

    The provider reads `aws:endpoints` of the stack's config, then the variables of the AWS SDKs.
    """
    if given is not None:
        return given
    configured = cast(list[dict[str, Any]], Config("aws").get_object("endpoints") or [])
    named = (entry.get("cognitoidp") for entry in configured)
    found = next((address for address in named if address), None)
    found = found or next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), None)
    return None if found is None else str(found).rstrip("/")

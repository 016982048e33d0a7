"""The provider's own config: the part of `aws:*` that matters to an emulator; anything else is refused."""

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from pulumi_local_aws.provider.cloud import Cloud

_IGNORED = frozenset(
    {
        "version",
        "pluginDownloadURL",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "s3UsePathStyle",
    }
)
_CARRIED_OUT = frozenset({"region", "accessKey", "secretKey", "token", "endpoints", "defaultTags"})
_ENVIRONMENT = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "accessKey": ("AWS_ACCESS_KEY_ID",),
    "secretKey": ("AWS_SECRET_ACCESS_KEY",),
    "token": ("AWS_SESSION_TOKEN",),
}


def refused(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The config values that are not carried out, each with the reason."""
    reason = "the local AWS does not carry out the provider's property {!r}"
    unknown = sorted(set(config) - _IGNORED - _CARRIED_OUT)
    found = [(name, reason.format(name)) for name in unknown]
    if not _region(config):
        found.append(("region", "no Region: set `aws:region` or AWS_REGION"))
    return found


def connect(config: Mapping[str, Any]) -> Cloud:
    """The connection that the config and the environment describe, as the official provider reads them."""
    environment = {"AWS_REGION": _region(config)}
    for name, variables in _ENVIRONMENT.items():
        value = config.get(name) or next((os.environ[key] for key in variables if os.environ.get(key)), "")
        if value:
            environment[variables[0]] = str(value)
    if os.environ.get("AWS_ENDPOINT_URL"):
        environment["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]
    endpoints: dict[str, str] = {}
    for entry in cast("list[dict[str, str]]", _parsed(config.get("endpoints")) or []):
        endpoints.update({_SERVICES.get(name, name): url for name, url in entry.items()})
    tags = cast("dict[str, dict[str, str]]", _parsed(config.get("defaultTags")) or {}).get("tags", {})
    return Cloud(environment=environment, endpoints=endpoints, default_tags=tags)


# The names that pulumi-aws gives to services in `aws:endpoints`, where botocore has another.
_SERVICES = {
    "cloudwatchlogs": "logs",
    "cognitoidp": "cognito-idp",
    "cognitoidentityprovider": "cognito-idp",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
}


def _region(config: Mapping[str, Any]) -> str:
    given = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return str(given or "")


def _parsed(value: Any) -> Any:
    """A config value that is not a string arrives as JSON."""
    return json.loads(value) if isinstance(value, str) and value else value

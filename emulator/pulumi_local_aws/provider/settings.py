"""Read the provider's own config (`aws:*`), and refuse what an emulator cannot honour."""

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
_SUPPORTED = frozenset({"region", "accessKey", "secretKey", "token", "endpoints", "defaultTags"})
_ENVIRONMENT = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "accessKey": ("AWS_ACCESS_KEY_ID",),
    "secretKey": ("AWS_SECRET_ACCESS_KEY",),
    "token": ("AWS_SESSION_TOKEN",),
}


def config_failures(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the unsupported config values, each with the reason."""
    reason = "the local AWS does not support the provider's property {!r}"
    unknown = sorted(set(config) - _IGNORED - _SUPPORTED)
    found = [(name, reason.format(name)) for name in unknown]
    if not _region(config):
        found.append(("region", "no Region: set `aws:region` or AWS_REGION"))
    return found


def connect(config: Mapping[str, Any]) -> Cloud:
    """Return the connection that config and environment describe, read as the official provider does."""
    environment = {"AWS_REGION": _region(config)}
    for name, variables in _ENVIRONMENT.items():
        value = config.get(name) or next((os.environ[key] for key in variables if os.environ.get(key)), "")
        if value:
            environment[variables[0]] = str(value)
    if os.environ.get("AWS_ENDPOINT_URL"):
        environment["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]
    endpoints: dict[str, str] = {}
    for entry in cast("list[dict[str, str]]", _parse(config.get("endpoints")) or []):
        endpoints.update({_SERVICES.get(name, name): url for name, url in entry.items()})
    tags = cast("dict[str, dict[str, str]]", _parse(config.get("defaultTags")) or {}).get("tags", {})
    return Cloud(environment=environment, endpoints=endpoints, default_tags=tags)


# pulumi-aws's names of services in `aws:endpoints` that differ from botocore's.
_SERVICES = {
    "cloudwatchlogs": "logs",
    "cognitoidp": "cognito-idp",
    "cognitoidentityprovider": "cognito-idp",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
}


def _region(config: Mapping[str, Any]) -> str:
    given = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return str(given or "")


def _parse(value: Any) -> Any:
    """Parse a config value, which arrives as JSON unless it is a string."""
    return json.loads(value) if isinstance(value, str) and value else value

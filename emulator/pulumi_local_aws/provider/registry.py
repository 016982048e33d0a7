"""Find the supported resource types and functions by Pulumi token."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources import RESOURCES

_BY_TOKEN: Mapping[str, Resource] = {kind.token: kind() for kind in RESOURCES}


class UnsupportedError(Exception):
    """The program uses something that the local AWS does not support."""


def resource(kind: str) -> Resource:
    """Return the resource type; a parent's types before a `$`, as in URNs, are ignored.

    Raises UnsupportedError, which names the type.
    """
    token = kind.rsplit("$", 1)[-1]
    if token not in _BY_TOKEN:
        raise UnsupportedError(
            f"the local AWS does not support resource type {token!r}; "
            'see "To add a resource type" in emulator/README.md'
        )
    return _BY_TOKEN[token]


def tokens() -> list[str]:
    """Return the supported resource types."""
    return sorted(_BY_TOKEN)


def invoke(cloud: Cloud, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call one of the provider's functions. Raises UnsupportedError if it, or an argument, is unsupported."""
    if token not in _FUNCTIONS:
        raise UnsupportedError(f"the local AWS does not support function {token!r}")
    given = sorted(name for name, value in arguments.items() if value is not None)
    if given:
        raise UnsupportedError(f"the local AWS does not support argument {given[0]!r} of {token!r}")
    return _FUNCTIONS[token](cloud)


def _caller(cloud: Cloud) -> dict[str, Any]:
    caller = cloud.caller
    return {
        "id": caller["Account"],
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
    }


def _region(cloud: Cloud) -> dict[str, Any]:
    name = cloud.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def _partition(cloud: Cloud) -> dict[str, Any]:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    return {
        "id": cloud.partition,
        "partition": cloud.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


_FUNCTIONS: Mapping[str, Callable[[Cloud], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
}

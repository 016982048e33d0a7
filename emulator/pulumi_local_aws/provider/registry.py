"""Which resource types and functions the provider carries out, by Pulumi token."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources import RESOURCES

_BY_TOKEN: Mapping[str, Resource] = {kind.token: kind() for kind in RESOURCES}


class NotCarriedOut(Exception):  # noqa: N818 - says what it is
    """The program uses something that the local AWS does not carry out."""


def resource(kind: str) -> Resource:
    """The resource type; a parent's types before a `$`, as URNs have them, do not count.

    Raises NotCarriedOut, which names the type.
    """
    token = kind.rsplit("$", 1)[-1]
    if token not in _BY_TOKEN:
        raise NotCarriedOut(
            f"the local AWS does not carry out the resource type {token!r}; "
            "emulator/README.md tells how to add one"
        )
    return _BY_TOKEN[token]


def tokens() -> list[str]:
    """Every resource type that is carried out."""
    return sorted(_BY_TOKEN)


def invoke(cloud: Cloud, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call one of the provider's functions. Raises NotCarriedOut, which names it."""
    if token not in _FUNCTIONS:
        raise NotCarriedOut(f"the local AWS does not carry out the function {token!r}")
    given = sorted(name for name, value in arguments.items() if value is not None)
    if given:
        raise NotCarriedOut(f"the local AWS does not carry out the argument {given[0]!r} of {token!r}")
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

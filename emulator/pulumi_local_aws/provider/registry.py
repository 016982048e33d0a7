"""Find the supported resource types and functions by Pulumi token."""

from collections.abc import Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.function import Function
from pulumi_local_aws.provider.functions import FUNCTIONS
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources import RESOURCES

_BY_TOKEN: Mapping[str, Resource] = {kind.token: kind() for kind in RESOURCES}
_FUNCTIONS: Mapping[str, Function] = {function.token: function for function in FUNCTIONS}


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
    """Return the result of one of the provider's functions.

    Raises UnsupportedError if the function is unsupported, and AwsError if an argument is.
    """
    if token not in _FUNCTIONS:
        raise UnsupportedError(f"the local AWS does not support function {token!r}")
    return _FUNCTIONS[token].invoke(cloud, arguments)


def function_tokens() -> list[str]:
    """Return the supported functions."""
    return sorted(_FUNCTIONS)

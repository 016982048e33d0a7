"""Find the supported resource types and functions by Pulumi token."""

from collections.abc import Mapping

from pulumi_local_aws.provider.function import Function
from pulumi_local_aws.provider.functions import FUNCTIONS
from pulumi_local_aws.provider.resource import Resource
from pulumi_local_aws.provider.resources import RESOURCES

_BY_TOKEN: Mapping[str, Resource] = {kind.token: kind() for kind in RESOURCES}
_FUNCTIONS: Mapping[str, Function] = {known.token: known for known in FUNCTIONS}


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


def function(token: str) -> Function:
    """Return the provider's function. Raises UnsupportedError, which names it."""
    if token not in _FUNCTIONS:
        raise UnsupportedError(f"the local AWS does not support function {token!r}")
    return _FUNCTIONS[token]


def function_tokens() -> list[str]:
    """Return the supported functions."""
    return sorted(_FUNCTIONS)

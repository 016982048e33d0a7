"""The tags that every resource gets which can have some."""

from collections.abc import Mapping

import pulumi
from pulumi import Input, Output

Tags = Input[Mapping[str, Input[str]]]
"""Tags as a component takes them."""


def stack_tags(given: Tags) -> Output[Mapping[str, Input[str]]]:
    """Return the given tags and, unless they say otherwise, the `Project` and the `Stack`."""
    stack: dict[str, Input[str]] = {"Project": pulumi.get_project(), "Stack": pulumi.get_stack()}
    return Output.from_input(given).apply(lambda known: {**stack, **known})

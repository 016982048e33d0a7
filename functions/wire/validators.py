"""The checks that the generated validators consist of.

They import nothing heavier than ``re`` and compile a pattern at its first use, because each cold start
imports them. They follow JSON Schema 2020-12 with two additions. An integer has no fraction part (1.0 is
refused, since DynamoDB takes no floats). Text must be well-formed Unicode, since a lone surrogate cannot be
stored or sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Check = Callable[[str, object], None]


class InvalidMessage(Exception):  # noqa: N818 - the name of the wire's own code
    """A property of a message is missing or invalid.

    ``code`` is the protocol's error code. ``message`` names the property and what is allowed. It never
    repeats the value, which may be a token.
    """

    def __init__(self, property: str, code: str, message: str) -> None:  # noqa: A002 - the schema's word
        super().__init__(message)
        self.property = property
        self.code = code
        self.message = message


def text(allowed: str, code: str, shortest: int, longest: int | None, pattern: str = "") -> Check:
    """Return a check for a string of a length, which matches ``pattern`` as a whole."""

    def check(name: str, value: object) -> None:
        if (
            not isinstance(value, str)
            or len(value) < shortest
            or (longest is not None and len(value) > longest)
            or not (re.fullmatch(pattern, value) if pattern else well_formed(value))
        ):
            raise InvalidMessage(name, code, f"{name} must be {allowed}")

    return check


def one_of(allowed: str, code: str, values: Collection[str]) -> Check:
    """Return a check for one of a set of strings."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, str) or value not in values:
            raise InvalidMessage(name, code, f"{name} must be {allowed}")

    return check


def boolean(allowed: str, code: str) -> Check:
    """Return a check for true or false."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, bool):
            raise InvalidMessage(name, code, f"{name} must be {allowed}")

    return check


def integer(allowed: str, code: str, least: int, most: int) -> Check:
    """Return a check for an integer between two bounds, both included."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidMessage(name, code, f"{name} must be {allowed}")

    return check


def list_of(allowed: str, code: str, item: Check, fewest: int, most: int) -> Check:
    """Return a check for a list without duplicates, with a number of items between two bounds."""

    def check(name: str, value: object) -> None:
        if not isinstance(value, list):
            raise InvalidMessage(name, code, f"{name} must be {allowed}")
        items = cast("list[object]", value)
        if not fewest <= len(items) <= most:
            raise InvalidMessage(name, code, f"{name} must be {allowed}")
        for position, one in enumerate(items):
            item(f"{name}[{position}]", one)
        if len(set(items)) != len(items):
            raise InvalidMessage(name, code, f"{name} must be {allowed}")

    return check


class ObjectSchema:
    """The properties of an object: which are allowed, which are required, and which require another."""

    __slots__ = ("any_of", "properties", "required", "together")

    def __init__(
        self,
        properties: dict[str, Check],
        required: tuple[str, ...] = (),
        together: tuple[tuple[str, str], ...] = (),
        any_of: tuple[str, ...] = (),
    ) -> None:
        self.properties = properties
        self.required = required
        self.together = together
        self.any_of = any_of

    def check(self, value: object) -> None:
        """Raise `InvalidMessage` for the first invalid property."""
        if not isinstance(value, dict):
            raise InvalidMessage("", "INVALID_MESSAGE", "a message must be a JSON object")
        message = cast("dict[str, object]", value)
        for name in self.required:
            if name not in message:
                raise InvalidMessage(name, "INVALID_MESSAGE", f"{name} is required")
        for name, one in message.items():
            check = self.properties.get(name)
            if check is None:
                allowed = ", ".join(self.properties)
                shown = name[:64] if well_formed(name) else "a name that is not Unicode"
                raise InvalidMessage(shown, "INVALID_MESSAGE", f"{shown} is not allowed; allowed: {allowed}")
            check(name, one)
        for name, other in self.together:
            if name in message and other not in message:
                raise InvalidMessage(other, "INVALID_MESSAGE", f"{other} is required with {name}")
        if self.any_of and not any(name in message for name in self.any_of):
            names = " or ".join(self.any_of)
            raise InvalidMessage(self.any_of[0], "INVALID_MESSAGE", f"{names} is required")


def well_formed(value: str) -> bool:
    """Return whether UTF-8 can encode the text, which is false for a lone surrogate."""
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False

"""Define tables of properties: what a type accepts, what a change does, and AWS's names.

A property that is not in the table is unsupported, and `check` refuses it by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pulumi_local_aws.provider.values import UNKNOWN


class Kind(Enum):
    """How the provider checks, compares and sends a property's value."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    JSON = auto()
    POLICY = auto()
    LIST = auto()
    SET = auto()
    MAP = auto()
    BLOCK = auto()
    BLOB = auto()


Replaces = bool | Callable[[Any, Any], bool]


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property.

    `replace`: a change replaces the resource (ForceNew in Terraform's schema), or a function of the old and
    new value decides. `computed`: if the program omits it, it keeps AWS's value. `default`: what pulumi-aws
    sends if the program omits it. `local`: AWS neither accepts nor returns it. `output`: AWS returns it,
    a program cannot set it. `volatile`: an output that an update may change, so a preview shows it as
    unknown.
    """

    kind: Kind
    api: str = ""
    required: bool = False
    replace: Replaces = False
    computed: bool = False
    default: Any = None
    local: bool = False
    output: bool = False
    volatile: bool = False
    secret: bool = False
    fields: Mapping[str, "Property"] = field(default_factory=dict[str, "Property"])
    item: "Property | None" = None

    def replaces(self, old: Any, new: Any) -> bool:
        """Return whether the change from old to new needs a new resource."""
        if callable(self.replace):
            return UNKNOWN not in (old, new) and self.replace(old, new)
        return self.replace


Table = Mapping[str, Property]


def text(**options: Any) -> Property:
    """Return a string property."""
    return Property(kind=Kind.TEXT, **options)


def integer(**options: Any) -> Property:
    """Return an integer property."""
    return Property(kind=Kind.INTEGER, **options)


def number(**options: Any) -> Property:
    """Return a number property."""
    return Property(kind=Kind.NUMBER, **options)


def boolean(**options: Any) -> Property:
    """Return a Boolean property."""
    return Property(kind=Kind.BOOLEAN, **options)


def json_text(**options: Any) -> Property:
    """Return a property that holds a JSON document as a string; equal documents are equal values."""
    return Property(kind=Kind.JSON, **options)


def policy(**options: Any) -> Property:
    """Return a property that holds an IAM policy; the order of its lists does not matter."""
    return Property(kind=Kind.POLICY, **options)


def texts(**options: Any) -> Property:
    """Return a property that holds a set of strings: their order does not matter."""
    return Property(kind=Kind.SET, item=text(), **options)


def ordered(item: Property, **options: Any) -> Property:
    """Return a property that holds a list whose order matters."""
    return Property(kind=Kind.LIST, item=item, **options)


def unordered(fields: Table, **options: Any) -> Property:
    """Return a property that holds a set of objects."""
    return Property(kind=Kind.SET, item=Property(kind=Kind.BLOCK, fields=fields), **options)


def block(fields: Table, **options: Any) -> Property:
    """Return a property that holds an object with known fields."""
    return Property(kind=Kind.BLOCK, fields=fields, **options)


def mapping(**options: Any) -> Property:
    """Return a property that holds strings by arbitrary names."""
    return Property(kind=Kind.MAP, item=text(), **options)


def blob(**options: Any) -> Property:
    """Return a property that holds an asset or archive; equal hashes are equal values."""
    return Property(kind=Kind.BLOB, local=True, **options)


def output(kind: Kind = Kind.TEXT, **options: Any) -> Property:
    """Return a property that AWS returns and a program cannot set."""
    return Property(kind=kind, output=True, **options)


def inputs_of(table: Table) -> dict[str, Property]:
    """Return the properties that a program may set."""
    return {name: prop for name, prop in table.items() if not prop.output}

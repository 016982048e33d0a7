"""Tables of properties: what a resource type takes, what pulumi-aws does when one changes, its name at AWS.

A property that is not in the table is not carried out, and `check` refuses it by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pulumi_local_aws.provider.values import UNKNOWN


class Kind(Enum):
    """How a property's value is checked, compared and sent."""

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
    new value that tells. `computed`: left out of the program, it keeps what AWS has. `default`: what
    pulumi-aws sends where the program gives none. `local`: AWS neither takes nor tells it. `forgotten`: AWS
    tells it, the emulator may not, so that a read without it shows no drift. `output`: only told.
    `volatile`: an output that an update may change, so a preview shows it as unknown.
    """

    kind: Kind
    api: str = ""
    required: bool = False
    replace: Replaces = False
    computed: bool = False
    default: Any = None
    local: bool = False
    forgotten: bool = False
    output: bool = False
    volatile: bool = False
    secret: bool = False
    fields: Mapping[str, "Property"] = field(default_factory=dict[str, "Property"])
    item: "Property | None" = None

    def replaces(self, old: Any, new: Any) -> bool:
        """Whether the change from old to new needs a new resource."""
        if callable(self.replace):
            return UNKNOWN not in (old, new) and self.replace(old, new)
        return self.replace


Table = Mapping[str, Property]


def text(**options: Any) -> Property:
    """A string."""
    return Property(kind=Kind.TEXT, **options)


def integer(**options: Any) -> Property:
    """A whole number."""
    return Property(kind=Kind.INTEGER, **options)


def number(**options: Any) -> Property:
    """A number."""
    return Property(kind=Kind.NUMBER, **options)


def boolean(**options: Any) -> Property:
    """True or false."""
    return Property(kind=Kind.BOOLEAN, **options)


def json_text(**options: Any) -> Property:
    """A JSON document as a string; equal where the documents are."""
    return Property(kind=Kind.JSON, **options)


def policy(**options: Any) -> Property:
    """An IAM policy as a string; the order of its lists, and a list of one, do not count."""
    return Property(kind=Kind.POLICY, **options)


def texts(**options: Any) -> Property:
    """A set of strings: their order does not count."""
    return Property(kind=Kind.SET, item=text(), **options)


def ordered(item: Property, **options: Any) -> Property:
    """A list whose order counts."""
    return Property(kind=Kind.LIST, item=item, **options)


def unordered(fields: Table, **options: Any) -> Property:
    """A set of objects."""
    return Property(kind=Kind.SET, item=Property(kind=Kind.BLOCK, fields=fields), **options)


def block(fields: Table, **options: Any) -> Property:
    """One object with known fields."""
    return Property(kind=Kind.BLOCK, fields=fields, **options)


def mapping(**options: Any) -> Property:
    """Strings by free names."""
    return Property(kind=Kind.MAP, item=text(), **options)


def blob(**options: Any) -> Property:
    """An asset or archive; equal where its hash is."""
    return Property(kind=Kind.BLOB, local=True, **options)


def output(kind: Kind = Kind.TEXT, **options: Any) -> Property:
    """What the resource tells and never takes."""
    return Property(kind=kind, output=True, **options)


def inputs_of(table: Table) -> dict[str, Property]:
    """The properties that a program may give."""
    return {name: prop for name, prop in table.items() if not prop.output}

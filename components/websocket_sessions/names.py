"""Names of resources: readable, within AWS's alphabet and length, and never the same for two things."""

import hashlib
import re

import pulumi

_HASH_LENGTH = 8
_LETTERS = re.compile(r"[A-Za-z0-9_]+")


def slug(text: str, *, reserved: tuple[str, ...] = ()) -> str:
    """Return a text as a part of a name: letters, digits, `-` and `_`, and another for each text.

    A text of letters, digits and `_` stands for itself, unless it is reserved. Any other text ends in `-` and
    a hash, so it can equal neither.
    """
    if _LETTERS.fullmatch(text) and text not in reserved and len(text) <= 40:
        return text
    return f"{_alphabetical(text)[:31]}-{_digest(text)}".lstrip("-")


def statement_name(name: str) -> str:
    """Return a resource's name as a Lambda permission's may be, which AWS gets as the statement's id.

    AWS allows letters, digits, `-` and `_`, 100 at most; Pulumi adds eight characters.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]{1,90}", name):
        return name
    return f"{_alphabetical(name)[:80]}-{_digest(name)}"


def stack_name(*parts: str, limit: int = 64) -> str:
    """Return a physical name that begins with the project and the stack, so that no other stack has it.

    Characters other than letters, digits, `-` and `_` become `-`; a name over the limit is shortened and ends
    in a hash.
    """
    whole = "-".join([pulumi.get_project(), pulumi.get_stack(), *parts])
    name = re.sub(r"[^A-Za-z0-9_-]", "-", whole)
    if name == whole and len(name) <= limit:
        return name
    return f"{name[: limit - _HASH_LENGTH - 1]}-{_digest(whole)}"


def _alphabetical(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]

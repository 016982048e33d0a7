"""Reads what the reference shows from source text: annotations and signatures as they are written."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from websocket_sessions.package_schema import definitions, field_docs


def summary(documented: object) -> str:
    """Return the first paragraph of a docstring. Raises ValueError without one."""
    text = inspect.getdoc(documented)
    if not text:
        raise ValueError(f"{documented!r} has no docstring")
    return text.partition("\n\n")[0]


def written_annotations(kind: type[Any]) -> dict[str, str]:
    """Return the annotation of each field, as its source spells it: the class's own, then its bases'."""
    found: dict[str, str] = {}
    for definition in definitions(kind):
        for node in definition.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.setdefault(node.target.id, ast.unparse(node.annotation))
    return found


def defaults(kind: type[Any]) -> dict[str, str]:
    """Return the default of each field of a dataclass as Python spells it; `required` for none."""
    return {item.name: _default(item) for item in fields(kind)}


def documented_fields(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Give the name, the annotation and the text of each field. Raises ValueError without a text."""
    texts = field_docs(kind)
    for name, annotation in written_annotations(kind).items():
        if name.startswith("_"):
            continue
        if name not in texts:
            raise ValueError(f"{kind.__name__}.{name} has no text")
        yield name, annotation, texts[name]


def public_methods(kind: type[Any]) -> Iterator[tuple[str, str]]:
    """Give the signature and the docstring of each public method that a class defines itself."""
    for node in definitions(kind)[0].body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.decorator_list:
            node.args.args = node.args.args[1:]
            returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            text = ast.get_docstring(node)
            if not text:
                raise ValueError(f"{kind.__name__}.{node.name} has no docstring")
            yield f"{node.name}({ast.unparse(node.args)}){returned}", text


def constructor_text(kind: type[Any]) -> str:
    """Return the docstring of a class's own constructor; an empty text if it has none."""
    for node in definitions(kind)[0].body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return ast.get_docstring(node) or ""
    return ""


def alias(module: ModuleType, name: str) -> tuple[str, str]:
    """Return the definition and the text of a type alias. Raises ValueError without a text."""
    body = ast.parse(Path(cast(str, module.__file__)).read_text(encoding="utf-8")).body
    for node, following in pairwise(body):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                return ast.unparse(node.value), inspect.cleandoc(str(following.value.value))
            break
    raise ValueError(f"{module.__name__}.{name} is no alias with a text")


def _default(item: Field[Any]) -> str:
    if item.default is not MISSING:
        return repr(item.default)
    if item.default_factory is MISSING:
        return "required"
    value: object = item.default_factory()
    return repr(cast(object, value)) if isinstance(value, list | dict) else f"{type(value).__name__}()"

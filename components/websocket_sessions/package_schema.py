"""The schema of the package for programs in other languages, derived from arguments and outputs."""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any, cast, get_args, get_origin

from pulumi import Archive, ComponentResource, Output, Resource

from websocket_sessions.argument_types import (
    annotations,
    is_arguments,
    is_list,
    is_mapping,
    item_annotation,
    required_fields,
    shape,
)
from websocket_sessions.arguments import camel_case

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}


class PackageSchema:
    """Collects the components' resources and the types that their arguments use.

    The format: https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
    """

    def __init__(self, package: str, components: dict[type[ComponentResource], type[Any]]) -> None:
        self._package = package
        self._types: dict[str, dict[str, Any]] = {}
        self._resources = {
            f"{package}:index:{component.__name__}": self._resource(component, kind)
            for component, kind in components.items()
        }

    def to_json(self, **metadata: Any) -> dict[str, Any]:
        """Return the schema with the package's metadata."""
        return {"name": self._package, **metadata, "resources": self._resources, "types": self._types}

    def _resource(self, component: type[ComponentResource], kind: type[Any]) -> dict[str, Any]:
        outputs = _outputs(component)
        return {
            "isComponent": True,
            "description": inspect.getdoc(component),
            "inputProperties": self._properties(kind),
            "requiredInputs": sorted(camel_case(name) for name in required_fields(kind)),
            "properties": outputs,
            "required": sorted(outputs),
        }

    def _properties(self, kind: type[Any]) -> dict[str, Any]:
        documented = field_docs(kind)
        return {
            camel_case(name): {**self._annotated(annotation), "description": documented.get(name)}
            for name, annotation in annotations(kind).items()
        }

    def _annotated(self, annotation: Any) -> dict[str, Any]:
        allowed = shape(annotation)
        kinds = [self._type(item) for item in allowed.alternatives if not _is_resource(item)]
        found: dict[str, Any] = kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
        return found if allowed.deferred or "oneOf" in found else {**found, "plain": True}

    def _type(self, alternative: Any) -> dict[str, Any]:
        if alternative in _SIMPLE:
            return {"type": _SIMPLE[alternative]}
        if is_arguments(alternative):
            return {"type": "object", "$ref": self._reference(alternative)}
        if is_list(alternative):
            return {"type": "array", "items": self._annotated(item_annotation(alternative))}
        if is_mapping(alternative):
            return {"type": "object", "additionalProperties": self._annotated(item_annotation(alternative))}
        return {"$ref": "pulumi.json#/Archive" if alternative is Archive else "pulumi.json#/Any"}

    def _reference(self, kind: type[Any]) -> str:
        token = f"{self._package}:index:{kind.__name__}"
        if token not in self._types:
            self._types[token] = {}
            self._types[token] = {
                "type": "object",
                "description": inspect.getdoc(kind),
                "properties": self._properties(kind),
                "required": sorted(camel_case(name) for name in required_fields(kind)),
            }
        return f"#/types/{token}"


def output_annotations(component: type[ComponentResource]) -> dict[str, Any]:
    """Return the annotation of each output of a component."""
    own = inspect.get_annotations(component)
    return {name: annotation for name, annotation in own.items() if not name.startswith("_")}


def definitions(kind: type[Any]) -> list[ast.ClassDef]:
    """Return the source of a class and of those bases that are classes of arguments, its own first."""
    kinds = [kind, *filter(is_arguments, kind.__mro__[1:])]
    trees = (ast.parse(textwrap.dedent(inspect.getsource(item))) for item in kinds)
    return [cast(ast.ClassDef, tree.body[0]) for tree in trees]


def field_docs(kind: type[Any]) -> dict[str, str]:
    """Return the text under each annotated field of a class and of its bases."""
    found: dict[str, str] = {}
    for definition in reversed(definitions(kind)):
        found |= _documented(definition)
    return found


def _documented(definition: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for item, following in pairwise(definition.body):
        if (
            isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[item.target.id] = inspect.cleandoc(str(following.value.value))
    return found


def _outputs(component: type[ComponentResource]) -> dict[str, Any]:
    documented = field_docs(component)
    return {
        camel_case(name): {**_output_type(annotation), "description": documented.get(name)}
        for name, annotation in output_annotations(component).items()
    }


def _output_type(annotation: Any) -> dict[str, Any]:
    if get_origin(annotation) is Output:
        return _output_type(get_args(annotation)[0])
    if annotation in _SIMPLE:
        return {"type": _SIMPLE[annotation]}
    if is_list(annotation):
        return {"type": "array", "items": _output_type(item_annotation(annotation))}
    if is_mapping(annotation):
        return {"type": "object", "additionalProperties": _output_type(item_annotation(annotation))}
    return {"$ref": "pulumi.json#/Any"}


def _is_resource(alternative: Any) -> bool:
    return isinstance(alternative, type) and issubclass(alternative, Resource)

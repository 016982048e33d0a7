"""The variables of a mapping template: `$context`, `$input`, `$stageVariables`, `$util`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote_plus, unquote_plus

from pulumi_local_aws.gateway.json_access import as_list, as_object, compact, look_up, parse


class TemplateError(Exception):
    """The template is malformed or uses an unsupported feature; the message names it."""


@dataclass(slots=True, kw_only=True)
class Scope:
    """The variables of one rendering; `body` is the payload as text, `#set` adds to `names`."""

    context: dict[str, object]
    body: str
    stage_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    names: dict[str, object] = field(default_factory=dict[str, object])

    def root(self, name: str) -> object:
        """Return a variable's value, or UNDEFINED."""
        if name in self.names:
            return self.names[name]
        roots: dict[str, object] = {
            "context": self.context,
            "stageVariables": self.stage_variables,
            "input": {"body": self.body},
            "util": {},
        }
        return roots.get(name, UNDEFINED)

    def assign(self, path: str, value: object) -> None:
        """Set a variable, or `$context.requestOverride.…`, which the response template can read.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
        """
        first, *rest = path.split(".")
        if not rest:
            self.names[first] = value
            return
        if first != "context" or len(rest) != 3 or rest[0] != "requestOverride":
            raise TemplateError(f"#set(${path}) is unsupported")
        overrides = cast("dict[str, dict[str, object]]", self.context.setdefault(rest[0], {}))
        overrides.setdefault(rest[1], {})[rest[2]] = value

    def call(self, target: str, method: str, arguments: list[object]) -> object:
        """Return the result of `$input.method(…)` or `$util.method(…)`. Raises TemplateError for others."""
        if target == "input" and method in ("json", "path") and len(arguments) == 1:
            found = self._path(str(arguments[0]))
            return compact(found) if method == "json" else found
        function = _UTILITIES.get(method) if target == "util" else None
        if function is None or len(arguments) != 1:
            raise TemplateError(f"${target}.{method}() with {len(arguments)} arguments is unsupported")
        return function("" if arguments[0] is None else arguments[0])

    def _path(self, path: str) -> object:
        if path != "$" and not path.startswith(("$.", "$[")):
            raise TemplateError(f"JSONPath {path!r} is unsupported: it must begin with $")
        if any(mark in path for mark in ("..", "*", "?", ":", "'")):
            raise TemplateError(f"JSONPath {path!r} is unsupported: use names and indexes only")
        try:
            body = parse(self.body or "{}")
        except ValueError:
            body = self.body
        return body if path == "$" else look_up(body, path[1:])


class _Undefined:
    """Distinguishes an undefined variable from one that is null."""


UNDEFINED = _Undefined()


def member(value: object, name: str | int) -> object:
    """Return a property or an element, or null if it is missing: a template cannot fail on it."""
    if isinstance(name, int):
        entries = as_list(value)
        return entries[name] if 0 <= name < len(entries) else None
    return as_object(value).get(name)


def as_text(value: object) -> str:
    """Return a value as it appears in the output. Raises TemplateError for an object or array."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise TemplateError("an object or array in the output is unsupported: use $input.json()")
    return value if isinstance(value, str) else compact(value)


def _escape_javascript(value: object) -> str:
    """Escape by JavaScript's rules; AWS escapes the apostrophe, too.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    return json.dumps(as_text(value))[1:-1].replace("'", "\\'").replace("/", "\\/")


_UTILITIES: dict[str, Callable[[object], object]] = {
    "escapeJavaScript": _escape_javascript,
    "parseJson": lambda value: parse(as_text(value)),
    "urlEncode": lambda value: quote_plus(as_text(value)),
    "urlDecode": lambda value: unquote_plus(as_text(value)),
    "base64Encode": lambda value: base64.b64encode(as_text(value).encode()).decode(),
    "base64Decode": lambda value: base64.b64decode(as_text(value)).decode(),
}

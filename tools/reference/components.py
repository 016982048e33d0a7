"""The pages of the components and of the types that their arguments use."""

import re
from collections.abc import Iterable
from typing import Any

from pulumi import ComponentResource

import websocket_sessions
from tools.reference.markdown import code, paragraph, table, value
from tools.reference.source import (
    alias,
    constructor_text,
    defaults,
    documented_fields,
    public_methods,
    summary,
)
from websocket_sessions import function_ref, route_targets, tags
from websocket_sessions.argument_types import is_arguments
from websocket_sessions.package import COMPONENTS, PACKAGE

_ALIASES = {"FunctionLike": function_ref, "RouteTarget": route_targets, "Tags": tags}
"""The names of types that arguments use, by the module that defines them."""
_SETTINGS = {"SessionSettings", "RateLimits", "BackendOptions"}
"""Types that the page of the settings describes."""


def pages() -> dict[str, str]:
    """Return the name of each page with its content."""
    made = {_file(component): _component(component, kind) for component, kind in COMPONENTS.items()}
    return {**made, "types.md": _types()}


def index() -> str:
    """Return the table of all components."""
    rows = [
        (f"[`{component.__name__}`]({_file(component)})", paragraph(summary(component)))
        for component in COMPONENTS
    ]
    return table(("component", "what it is"), rows)


def _component(component: type[ComponentResource], kind: type[Any]) -> str:
    name = component.__name__
    given = f"`{name}(name, {kind.__name__}(...), opts)`, or keyword options: `{name}(name, ..., opts=opts)`."
    lines = [
        f"# {name}",
        paragraph(summary(component)),
        f"Python: `from websocket_sessions import {name}, {kind.__name__}`",
        f"Type in other languages: `{PACKAGE}:index:{name}`",
        "## Arguments",
        f"{given} Other languages spell the names in camelCase.",
        _arguments(kind),
    ]
    constructor = constructor_text(component)
    if constructor:
        lines.append(f"In Python only: {paragraph(constructor.partition(chr(10) * 2)[2])}")
    lines += ["## Outputs", _outputs(component)]
    methods = [_method(signature, text) for signature, text in public_methods(component)]
    if methods:
        lines += ["## Methods", "Methods exist in Python only.", *methods]
    return "\n\n".join(line.rstrip("\n") for line in lines) + "\n"


def _method(signature: str, text: str) -> str:
    name = signature.partition("(")[0]
    return f"### {name}\n\n```python\n{signature}\n```\n\n{paragraph(text)}"


def _arguments(kind: type[Any]) -> str:
    given = defaults(kind)
    rows = [
        (code(name), code(annotation), value(given[name]), _with_links(text, annotation))
        for name, annotation, text in documented_fields(kind)
    ]
    return table(("argument", "type", "default", "meaning"), rows)


def _outputs(component: type[ComponentResource]) -> str:
    rows = [(code(name), code(kind), text) for name, kind, text in documented_fields(component)]
    return table(("output", "type", "meaning"), rows)


def _types() -> str:
    sections = [
        f"## {kind.__name__}\n\n{paragraph(summary(kind))}\n\n{_arguments(kind)}" for kind in _nested()
    ]
    named = {name: alias(module, name) for name, module in _ALIASES.items()}
    names = "\n".join(
        f"## {name}\n\n{code(definition)}\n\n{paragraph(text)}\n"
        for name, (definition, text) in named.items()
    )
    return (
        "# Types\n\nThe types that arguments use, all in `websocket_sessions`. A mapping with the same keys "
        f"can replace an instance.\n\n{names}\n" + "\n".join(sections)
    )


def _nested() -> Iterable[type[Any]]:
    """Give the public classes of arguments that are no component's own."""
    own = {kind.__name__ for kind in COMPONENTS.values()} | _SETTINGS
    for name in sorted(set(websocket_sessions.__all__) - own):
        value = getattr(websocket_sessions, name)
        if is_arguments(value):
            yield value


def _with_links(text: str, annotation: str) -> str:
    """Return a text, and links to the types in the annotation."""
    nested = {kind.__name__ for kind in _nested()} | set(_ALIASES)
    found = dict.fromkeys(re.findall(r"[A-Z]\w+", annotation))
    links = [f"[{name}](types.md#{name.lower()})" for name in found if name in nested]
    links += [f"[{name}](settings.md#{name.lower()})" for name in found if name in _SETTINGS]
    return f"{text} See {', '.join(links)}." if links else text


def _file(component: type[ComponentResource]) -> str:
    """Return the page's name: the component's in lower case with hyphens."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", component.__name__).lower() + ".md"

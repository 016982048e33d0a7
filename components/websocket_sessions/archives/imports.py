"""Reads what a source file imports, without running it."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of code: the dotted names that it may import, and what it mentions.

    `mentions` has every identifier, `chains` every dotted expression in full (`self.sessions.get`).
    """

    imports: frozenset[str]
    mentions: frozenset[str]
    chains: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A module: what runs when it is imported, and what runs only if its name is used.

    A top-level function that is never mentioned is never called, so what it imports is not needed. The same
    holds for a cached property that is never read. Other decorated functions count as run by the import,
    since the decorator has them. `origins` has the absolute dotted name of each imported name.
    """

    module: Block
    functions: Mapping[str, Block]
    properties: Mapping[str, Block]
    origins: Mapping[str, str]


@cache
def outline(source: str, module: str, *, is_package: bool) -> Outline:
    """Return the outline of a module.

    `from a import b` imports `a` and, as `b` may be a module, `a.b`. What stands under `if TYPE_CHECKING:`
    is left out, as it never runs.
    """
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    functions = {
        item.name: item
        for item in tree.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.decorator_list
    }
    properties = {
        member.name: member
        for item in tree.body
        if isinstance(item, ast.ClassDef)
        for member in item.body
        if isinstance(member, ast.FunctionDef) and _is_cached_property(member)
    }
    lazy = frozenset([*functions.values(), *properties.values()])
    return Outline(
        module=_block(tree.body, package, lazy),
        functions={name: _block([item], package) for name, item in functions.items()},
        properties={name: _block([item], package) for name, item in properties.items()},
        origins=dict(_origins(tree.body, package)),
    )


def _is_cached_property(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(decorator, ast.Name) and decorator.id == "cached_property"
        for decorator in function.decorator_list
    )


def _block(statements: Iterable[ast.AST], package: str, left_out: Set[ast.AST] = frozenset()) -> Block:
    imports: set[str] = set()
    mentions: set[str] = set()
    chains: set[str] = set()
    for node in _running_nodes(statements, left_out):
        match node:
            case ast.Import():
                imports.update(alias.name for alias in node.names)
            case ast.ImportFrom():
                base = _base(node, package)
                imports.add(base)
                imports.update(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
                mentions.update(alias.name for alias in node.names)
            case ast.Name():
                mentions.add(node.id)
                chains.add(node.id)
            case ast.Attribute():
                chain = _chain(node)
                mentions.update(chain.split("."))
                chains.add(chain)
            case _:
                pass
    return Block(imports=frozenset(imports), mentions=frozenset(mentions), chains=frozenset(chains))


def _chain(node: ast.expr) -> str:
    """The dotted expression; "" stands for what is no plain name."""
    if isinstance(node, ast.Attribute):
        return f"{_chain(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _origins(statements: Iterable[ast.AST], package: str) -> Iterator[tuple[str, str]]:
    for node in _running_nodes(statements):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            yield from ((alias.asname or alias.name, f"{base}.{alias.name}") for alias in node.names)


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a `from` statement names."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    parent = ".".join(parents[: len(parents) - node.level + 1])
    return f"{parent}.{node.module}" if node.module else parent


def _running_nodes(statements: Iterable[ast.AST], left_out: Set[ast.AST] = frozenset()) -> Iterator[ast.AST]:
    """Yield each node that may run; of a dotted expression only the longest form."""
    pending = [statement for statement in statements if statement not in left_out]
    while pending:
        node = pending.pop()
        yield node
        children = ast.iter_child_nodes(node)
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            children = iter(node.orelse)
        elif isinstance(node, ast.Attribute):
            children = iter(_after_chain(node))
        pending.extend(child for child in children if child not in left_out)


def _after_chain(node: ast.Attribute) -> list[ast.expr]:
    """What a dotted expression begins with, unless that is a plain name."""
    start: ast.expr = node
    while isinstance(start, ast.Attribute):
        start = start.value
    return [] if isinstance(start, ast.Name) else [start]


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"

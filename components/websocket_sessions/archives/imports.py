"""Reads what a source file imports, without running it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of code: the dotted names that it may import, and every identifier that it mentions."""

    imports: frozenset[str]
    mentions: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A module: what runs when it is imported, and each top-level function, which runs only if called.

    A function that is never mentioned is never called, so what it imports is not needed. Decorated functions
    count as run by the import, since the decorator has them.
    """

    module: Block
    functions: Mapping[str, Block]


@cache
def outline(source: str, module: str, *, is_package: bool) -> Outline:
    """Return the outline of a module.

    `from a import b` imports `a` and, as `b` may be a module, `a.b`. What stands under `if TYPE_CHECKING:`
    is left out, as it never runs.
    """
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    lazy = [
        item
        for item in tree.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.decorator_list
    ]
    rest = [item for item in tree.body if item not in lazy]
    return Outline(
        module=_block(rest, package),
        functions={item.name: _block([item], package) for item in lazy},
    )


def _block(statements: Iterable[ast.AST], package: str) -> Block:
    imports: set[str] = set()
    mentions: set[str] = set()
    for node in _running_nodes(statements):
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
            case ast.Attribute():
                mentions.add(node.attr)
            case _:
                pass
    return Block(imports=frozenset(imports), mentions=frozenset(mentions))


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a `from` statement names."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    parent = ".".join(parents[: len(parents) - node.level + 1])
    return f"{parent}.{node.module}" if node.module else parent


def _running_nodes(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    pending = list(statements)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            pending.extend(node.orelse)
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"

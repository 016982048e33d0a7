"""Reads which modules a source file imports, without running it."""

import ast
from collections.abc import Iterator


def imported_modules(source: str, module: str, *, is_package: bool) -> frozenset[str]:
    """Return the dotted names that `module` may import, those inside functions included.

    `from a import b` yields `a` and `a.b`, as `b` may be a module. What stands under `if TYPE_CHECKING:` is
    left out, as it never runs.
    """
    package = module if is_package else module.rpartition(".")[0]
    names: set[str] = set()
    for node in _running_nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
    return frozenset(names)


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a `from` statement names."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    parent = ".".join(parents[: len(parents) - node.level + 1])
    return f"{parent}.{node.module}" if node.module else parent


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    pending = [tree]
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

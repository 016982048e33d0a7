"""Rooms import each other in one direction only; this reads every file's imports, those in functions too."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


OURS = {
    "adapters",
    "benchmarks",
    "container",
    "domain",
    "fan_out",
    "handlers",
    "keep_alive",
    "protocol",
    "pulumi_local_aws",
    "tests",
    "tools",
    "use_cases",
    "websocket_sessions",
    "wire",
}

DOMAIN = {"domain"}
WIRE = DOMAIN | {"wire"}
INNER_ROOMS = WIRE | {"fan_out", "keep_alive", "use_cases"}

MAY_IMPORT: dict[str, set[str]] = {
    "__main__.py": {"websocket_sessions"},
    "components": {"websocket_sessions"},
    "components/websocket_sessions/archives": {"websocket_sessions"},
    "emulator": {"pulumi_local_aws"},
    "functions/adapters": INNER_ROOMS | {"adapters"},
    "functions/container.py": INNER_ROOMS | {"adapters", "container"},
    "functions/domain": DOMAIN,
    "functions/fan_out": WIRE | {"fan_out"},
    "functions/handlers": INNER_ROOMS | {"container", "handlers"},
    "functions/keep_alive": WIRE | {"keep_alive"},
    "functions/use_cases": DOMAIN | {"fan_out", "use_cases"},
    "functions/wire": WIRE,
    "protocol": {"protocol"},
}
"""Our own rooms that each room may import."""

FOREIGN: dict[str, set[str]] = {
    "__main__.py": {"pulumi"},
    "components/websocket_sessions": {"pulumi", "pulumi_aws", "websockets"},
    "components/websocket_sessions/client": {"websockets"},
    "components/websocket_sessions/archives": set(),
    "functions/container.py": set(),
    "functions/domain": set(),
    "functions/fan_out": set(),
    "functions/handlers": set(),
    "functions/keep_alive": set(),
    "functions/use_cases": set(),
    "functions/wire": set(),
}
"""Third-party packages that a room may import, where that is settled: the domain needs Python alone."""


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import: it hides which room it means"
            yield node.module or ""


def imported_packages(room: str) -> dict[str, set[str]]:
    """Each package that a room imports, with the files that do."""
    root = REPOSITORY / room
    found: dict[str, set[str]] = {}
    for path in [root] if root.is_file() else root.rglob("*.py"):
        for name in imports_of(path):
            found.setdefault(name.partition(".")[0], set()).add(str(path.relative_to(REPOSITORY)))
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_the_rooms_beneath_it(room: str) -> None:
    wrong = {
        package: files
        for package, files in imported_packages(room).items()
        if package in OURS - MAY_IMPORT[room]
    }
    assert wrong == {}


@pytest.mark.parametrize("room", FOREIGN)
def test_a_room_imports_only_the_packages_meant_for_it(room: str) -> None:
    known = OURS | sys.stdlib_module_names | FOREIGN[room]
    assert {name: files for name, files in imported_packages(room).items() if name not in known} == {}


def test_nothing_that_is_deployed_or_run_imports_tests_or_benchmarks() -> None:
    for room in (*MAY_IMPORT, "tools"):
        assert not imported_packages(room).keys() & {"tests", "benchmarks"}


def test_only_handlers_write_replies() -> None:
    functions = REPOSITORY / "functions"
    importers = {
        path.relative_to(functions).parts[0]
        for path in functions.rglob("*.py")
        if "wire.replies" in set(imports_of(path))
    }
    assert importers == {"handlers"}


def test_tools_do_not_reach_into_the_functions_or_the_components() -> None:
    reached = imported_packages("tools").keys() & (INNER_ROOMS | {"adapters", "container", "handlers"})
    assert reached == set()


GATEWAY = "pulumi_local_aws.gateway"
GATEWAY_ROOMS: dict[str, set[str]] = {
    "transport": {"clock", "limits"},
    "api": {"emulator_client", "json_access"},
    "integrations": {
        "api",
        "clock",
        "emulator_client",
        "ids",
        "json_access",
        "limits",
        "selection_expression",
    },
    "routes": {
        "api",
        "client",
        "faults",
        "ids",
        "integrations",
        "json_access",
        "runtime",
        "selection_expression",
    },
}
"""The other parts of the gateway that each of its rooms may import."""


@pytest.mark.parametrize("room", GATEWAY_ROOMS)
def test_a_room_of_the_gateway_imports_only_the_parts_beneath_it(room: str) -> None:
    folder = REPOSITORY / "emulator" / GATEWAY.replace(".", "/") / room
    imported = {
        name.removeprefix(f"{GATEWAY}.").partition(".")[0]
        for path in folder.rglob("*.py")
        for name in imports_of(path)
        if name.startswith(f"{GATEWAY}.")
    }
    assert imported - {room} == imported & GATEWAY_ROOMS[room]


def test_no_module_of_the_gateway_imports_itself_through_others_even_for_types() -> None:
    root = REPOSITORY / "emulator"
    graph = {
        ".".join(path.relative_to(root).with_suffix("").parts): set(imports_of(path))
        for path in (root / GATEWAY.replace(".", "/")).rglob("*.py")
    }
    TopologicalSorter(graph).prepare()

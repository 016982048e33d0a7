"""The stack through the real engine: preview, up, no change, one handler's edit, outputs, destroy."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineUnavailable
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.bring_up import install
from tools.dev_stack import clients
from tools.dev_stack.dev_stack import DevStack, stop_all
from tools.dev_stack.throwaway_stack import layout_in
from tools.verify.inventory import inventory

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
STACK = "local"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[DevStack]:
    """An emulator with nothing on it, and a stack that is not deployed."""
    if os.environ.get("E2E_OUTPUTS"):
        pytest.skip("about the local stack, not about a deployed one")
    layout = layout_in(tmp_path_factory.mktemp("lifecycle"))
    stack = DevStack(layout)
    try:
        install()
        services.start_emulator(layout, stack.keys)
        stack.prepare()
        yield stack
    except EngineUnavailable as error:
        pytest.skip(str(error))
    finally:
        stop_all(layout)


@pytest.fixture(scope="module")
def engine(stack: DevStack) -> Engine:
    """The engine of that stack."""
    return stack.engine


def operations(engine: Engine, root: Path) -> dict[str, list[str]]:
    """What a preview would do: each operation with the names of its resources."""
    found: dict[str, list[str]] = {}
    for step in engine.plan(STACK, root):
        found.setdefault(step["op"], []).append(step["urn"].rpartition("::")[2])
    return found


def function_digests(stack: DevStack) -> dict[str, str]:
    """The code of every function that the emulator has."""
    client: Any = clients.functions(stack.aws_environment())
    pages = client.get_paginator("list_functions").paginate()
    return {item["FunctionName"]: item["CodeSha256"] for page in pages for item in page["Functions"]}


def test_the_whole_life_of_a_stack(stack: DevStack, engine: Engine) -> None:
    root = stack.layout.root
    before = inventory(stack.aws_environment())

    planned = operations(engine, root)
    assert set(planned) == {"create"}, "a preview of a new stack creates, and nothing else"
    assert inventory(stack.aws_environment()) == before, "a preview changes nothing"

    assert stack.up() == f"+ {len(planned['create'])} created"
    assert set(operations(engine, root)) == {"same"}
    assert stack.up() == f"{len(planned['create'])} unchanged"
    assert stack.up("--refresh") == f"{len(planned['create'])} unchanged", "a refresh finds no drift"

    code = function_digests(stack)
    handler = root / "functions" / "handlers" / "create_session.py"
    handler.write_text(f"{handler.read_text()}\nEDITED = True\n")
    assert len(operations(engine, root)["update"]) == 1
    assert stack.up() == f"~ 1 updated, {len(planned['create']) - 1} unchanged"
    changed = [name for name, digest in function_digests(stack).items() if digest != code[name]]
    assert changed == [stack.outputs()["functionNames"]["create_session"]]

    shown = engine.run(root, "stack", "output", "frontendConfig", "--json", "--stack", STACK)
    assert json.loads(shown.stdout)["webSocketUrl"].startswith("ws://127.0.0.1:")

    engine.destroy(STACK, root)
    assert inventory(stack.aws_environment()) == before, "destroy leaves nothing behind"

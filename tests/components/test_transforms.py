"""A transform of a component reaches the component and every resource in it."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from tests.components.construct_examples import UNSUPPORTED, examples
from tests.components.plugin_process import FOLDER, SIGNATURE
from websocket_sessions.package import COMPONENTS
from websocket_sessions.routes import functions_in_use

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
STACK = "test"
SEEN = "seen.txt"
PROGRAM = f"""
import json
import sys
from pathlib import Path

sys.path.insert(0, {str(FOLDER)!r})

import pulumi

import websocket_sessions


def with_archives(value):
    if isinstance(value, list):
        return [with_archives(item) for item in value]
    if not isinstance(value, dict):
        return value
    if {SIGNATURE!r} in value:
        return pulumi.FileArchive(value["path"])
    return {{key: with_archives(item) for key, item in value.items() if key not in {UNSUPPORTED!r}}}


def recorder(component):
    def record(args):
        with Path({SEEN!r}).open("a") as seen:
            seen.write(f"{{component}} {{args.type_}} {{args.name}}\\n")

    return record


for component, items in json.loads(Path("examples.json").read_text()).items():
    for number, inputs in enumerate(items):
        name = f"{{component}}-{{number}}"
        options = pulumi.ResourceOptions(transforms=[recorder(name)])
        getattr(websocket_sessions, component)(name, with_archives(inputs), options)
"""


def test_a_transform_reaches_every_resource_of_each_component(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text("")
    given = examples(tmp_path, functions_in_use(record_heartbeats=True))
    (tmp_path / "examples.json").write_text(json.dumps(given))
    (tmp_path / "Pulumi.yaml").write_text("name: transforms\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, tmp_path)
    planned = {step["urn"]: step["newState"] for step in engine.plan(STACK, tmp_path)}

    made: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for urn, resource in planned.items():
        component = urn
        while (parent := planned[component].get("parent", "")) in planned and "pulumi:Stack" not in parent:
            component = parent
        if "websocket_sessions:index:" in component:
            made[_name(component)].add((resource["type"], _name(urn)))
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in (tmp_path / SEEN).read_text().splitlines():
        component, kind, name = line.split(" ", 2)
        seen[component].add((kind, name))
    assert seen == made
    assert {name.rpartition("-")[0] for name in made} == {component.__name__ for component in COMPONENTS}
    assert len(made["SessionBackend-0"]) > 150


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]

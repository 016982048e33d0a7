"""The real engine constructs every component with its arguments, from YAML and from TypeScript.

YAML's program is deployed with the plugin of the built wheel. TypeScript's has the same resources, and its
components have options; the plugin is the folder `components` of this repository. A preview of it on the
same stack shows what differs.
"""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.stack.project import Project
from tests.examples.conftest import STACK, Examples
from tests.examples.every_component import (
    COMPONENT,
    HOLDER,
    PROVIDER,
    SECRET,
    SEEN,
    declared,
    write_typescript,
    write_yaml,
)
from tests.support.wheels import REPOSITORY
from websocket_sessions.package import COMPONENTS, package_schema

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
INDEX = "websocket_sessions:index:"
DESCRIBED = package_schema()["resources"]


LEFT_OUT = {"SessionBackend": {"userPool", "vpc"}, "LambdaHandler": {"vpc"}}
"""The arguments that the program does not use, with the reasons in every_component.py."""


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """A preview of TypeScript's program on the stack that YAML's has deployed."""

    steps: list[dict[str, Any]]
    seen: Mapping[str, set[tuple[str, str]]]
    """Type and name of each resource that a component's transform saw."""

    @property
    def planned(self) -> dict[str, dict[str, Any]]:
        """The state of each resource after the update, by URN."""
        return {step["urn"]: step["newState"] for step in self.steps if "newState" in step}

    @property
    def of_components(self) -> dict[str, dict[str, Any]]:
        """The state of the components and of all that they create."""
        return {urn: state for urn, state in self.planned.items() if INDEX in urn}


@pytest.fixture(scope="module")
def examples(
    engine: Engine,
    emulator: MiniStack,
    variables: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Examples:
    folder = tmp_path_factory.mktemp("every")
    return Examples(state=engine.state, variables=variables, aws=emulator.environment, folder=folder)


@pytest.fixture(scope="module")
def deployed(examples: Examples, installed: Path) -> Iterator[list[dict[str, Any]]]:
    """The resources that YAML's program has."""
    folder = examples.folder
    write_yaml(folder, installed / "bin")
    engine = examples.engine(Project.read(folder / "Pulumi.yaml"))
    engine.select(STACK, folder)
    try:
        engine.up(STACK, folder)
        yield engine.export(STACK, folder)["deployment"]["resources"]
    finally:
        engine.destroy(STACK, folder)
    assert not engine.export(STACK, folder)["deployment"].get("resources")


@pytest.fixture(scope="module")
def previewed(deployed: list[dict[str, Any]], examples: Examples, installed: Path) -> Previewed:
    assert deployed
    folder = examples.folder
    write_typescript(folder)
    project = Project.read(folder / "Pulumi.yaml")
    command = [installed / "bin" / "local-aws", "engine", "package", "add", REPOSITORY / "components"]
    subprocess.run(command, cwd=folder, check=True)
    steps = examples.engine(project).plan(STACK, folder)
    seen: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in (folder / SEEN).read_text(encoding="utf-8").splitlines():
        component, kind, name = line.split(" ", 2)
        seen[component].add((kind, name))
    return Previewed(steps=steps, seen=seen)


def test_the_program_uses_every_argument_but_those_left_out() -> None:
    used: defaultdict[str, set[str]] = defaultdict(set)
    for item in declared().values():
        used[item.type.removeprefix(COMPONENT)] |= set(item.properties)
    for component in COMPONENTS:
        described = DESCRIBED[f"{INDEX}{component.__name__}"]["inputProperties"]
        assert used[component.__name__] == set(described) - LEFT_OUT.get(component.__name__, set())


def test_yaml_deploys_every_component_with_the_outputs_of_the_schema(deployed: list[dict[str, Any]]) -> None:
    outputs = {
        item["type"]: set(item["outputs"])
        for item in deployed
        if item["type"].startswith(INDEX) and "outputs" in item
    }
    for component in COMPONENTS:
        described = DESCRIBED[f"{INDEX}{component.__name__}"]["properties"]
        assert outputs[f"{INDEX}{component.__name__}"] == set(described)


def test_a_secret_is_encrypted_in_the_state(deployed: list[dict[str, Any]]) -> None:
    assert "TOKEN" in json.dumps(deployed)
    assert SECRET not in json.dumps(deployed)


def test_typescript_constructs_the_same_resources(
    deployed: list[dict[str, Any]], previewed: Previewed
) -> None:
    changed = {(step["op"], name_of(step["urn"])) for step in previewed.steps if step["op"] != "same"}
    assert changed == {("create", HOLDER), ("create", PROVIDER)}
    kept = {(state["type"], name_of(urn)) for urn, state in previewed.of_components.items()}
    assert kept == {(item["type"], name_of(item["urn"])) for item in deployed if INDEX in item["urn"]}


def test_protect_reaches_every_resource_of_each_component(previewed: Previewed) -> None:
    assert [urn for urn, state in previewed.of_components.items() if not state.get("protect")] == []


def test_an_explicit_provider_reaches_every_resource_of_each_component(previewed: Previewed) -> None:
    others = [
        urn
        for urn, state in previewed.of_components.items()
        if state.get("custom") and name_of(state["provider"].rpartition("::")[0]) != PROVIDER
    ]
    assert others == []


def test_a_transform_reaches_every_resource_of_each_component(previewed: Previewed) -> None:
    planned = previewed.planned
    made: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for urn, state in previewed.of_components.items():
        component = urn
        while name_of(parent := planned[component]["parent"]) != HOLDER:
            component = parent
        made[name_of(component)].add((state["type"], name_of(urn)))
    assert previewed.seen == made
    assert set(made) == {name for name, item in declared().items() if item.type.startswith(COMPONENT)}
    assert len(made["sessionBackend"]) > 150


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]

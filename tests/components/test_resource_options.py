"""The resource options of a component reach every resource that it creates.

The engine itself passes aliases and transforms on: tests/examples/test_every_component.py.
"""

from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pytest

from tests.components.construct_examples import examples
from tests.components.deployed import deploy
from tests.components.plugin_process import SIGNATURE
from websocket_sessions.arguments import coerce_args
from websocket_sessions.package import COMPONENTS
from websocket_sessions.routes import functions_in_use

Component = type[pulumi.ComponentResource]


def with_archives(value: Any) -> Any:
    """Return arguments with an archive in place of each that another language sends."""
    if isinstance(value, list):
        return [with_archives(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    known = cast(dict[str, Any], value)
    if SIGNATURE in known:
        return pulumi.AssetArchive({})
    return {key: with_archives(item) for key, item in known.items()}


def created(component: Component, folder: Path, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Return a component, created with every argument that it has, and all resources that it created."""
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (folder / "app").mkdir()
    (folder / "app" / "app.py").write_text("", encoding="utf-8")
    given = examples(folder, functions_in_use(record_heartbeats=True, has_channel=True))[component.__name__]
    build: Any = component
    resources: list[pulumi.Resource] = []

    def collect(args: pulumi.ResourceTransformationArgs) -> None:
        resources.append(args.resource)

    def run(parents: pulumi.ResourceOptions) -> None:
        collecting = pulumi.ResourceOptions(transformations=[collect])
        merged = pulumi.ResourceOptions.merge(pulumi.ResourceOptions.merge(parents, opts), collecting)
        for number, inputs in enumerate(given):
            build(f"mine{number}", coerce_args(COMPONENTS[component], with_archives(inputs)), merged)

    _, deployed = deploy(run)
    seen = {(resource.pulumi_resource_type, resource.pulumi_resource_name) for resource in resources}
    made = {key for key in deployed.inputs if not key[0].startswith("pulumi:providers:")}
    assert made <= seen
    return resources


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
def test_protect_and_an_explicit_provider_reach_every_resource(
    component: Component, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given: list[aws.Provider] = []
    deploy(lambda _: given.append(aws.Provider("elsewhere", region="eu-west-1")))
    resources = created(component, tmp_path, pulumi.ResourceOptions(protect=True, providers=[given[0]]))
    custom = [resource for resource in resources if isinstance(resource, pulumi.CustomResource)]
    unprotected = [resource for resource in resources if not resource._protect]  # pyright: ignore[reportPrivateUsage]
    elsewhere = [resource for resource in custom if resource._provider is not given[0]]  # pyright: ignore[reportPrivateUsage]
    assert custom
    assert [item.pulumi_resource_name for item in unprotected] == []
    assert [item.pulumi_resource_name for item in elsewhere] == []

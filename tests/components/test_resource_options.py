"""The resource options of a component reach every resource that it creates."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from tests.components.deployed import deploy
from websocket_sessions import SessionBackend, StaticSite
from websocket_sessions.routes import functions_in_use

Build = Callable[[str, pulumi.ResourceOptions], pulumi.ComponentResource]


def build_backend(name: str, opts: pulumi.ResourceOptions) -> SessionBackend:
    """Create the component that is made of all others but the site."""
    archives = {handler: pulumi.AssetArchive({}) for handler in functions_in_use(record_heartbeats=False)}
    return SessionBackend(name, archives=archives, opts=opts)


def build_site(name: str, opts: pulumi.ResourceOptions) -> StaticSite:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text("<!doctype html>", encoding="utf-8")
        return StaticSite(name, directory=folder, config={}, endpoints=[], opts=opts)


def created(build: Build, name: str, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Return the component and all resources that it created, which its transformation has seen."""
    resources: list[pulumi.Resource] = []

    def collect(args: pulumi.ResourceTransformationArgs) -> None:
        resources.append(args.resource)

    def run(given: pulumi.ResourceOptions) -> None:
        options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions.merge(given, opts), collecting)
        build(name, options)

    collecting = pulumi.ResourceOptions(transformations=[collect])
    _, deployed = deploy(run)
    seen = {(resource.pulumi_resource_type, resource.pulumi_resource_name) for resource in resources}
    made = {key for key in deployed.inputs if not key[0].startswith("pulumi:providers:")}
    assert made <= seen
    return resources


both = pytest.mark.parametrize("build", [build_backend, build_site])


@both
def test_protect_reaches_every_resource(build: Build) -> None:
    resources = created(build, "mine", pulumi.ResourceOptions(protect=True))
    assert [resource.pulumi_resource_name for resource in resources if not resource._protect] == []  # pyright: ignore[reportPrivateUsage]


@both
def test_an_explicit_provider_reaches_every_resource_of_aws(build: Build) -> None:
    given: list[aws.Provider] = []

    def with_provider(name: str, opts: pulumi.ResourceOptions) -> pulumi.ComponentResource:
        given.append(aws.Provider("elsewhere", region="eu-west-1"))
        return build(name, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[given[0]])))

    resources = created(with_provider, "mine", pulumi.ResourceOptions())
    custom = [resource for resource in resources if isinstance(resource, pulumi.CustomResource)]
    assert len(custom) > 5
    others = [resource.pulumi_resource_name for resource in custom if resource._provider is not given[0]]  # pyright: ignore[reportPrivateUsage]
    assert others == []

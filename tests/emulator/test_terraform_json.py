"""A real stack of nearly all resource types as Terraform JSON, valid for the real provider where it is."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from tests.emulator.catalogue import Case
from tests.emulator.catalogue_whole import ALL
from tests.emulator.project import Project
from tools.terraform_json.__main__ import write
from tools.terraform_json.convert import Configuration, Resource, aws_resources, convert
from tools.terraform_json.terraform import Terraform, TerraformUnavailableError

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def _cases_with_files_elsewhere() -> Mapping[str, Case]:
    """Return the cases that need no code, whose file is not in the state, and no resource that does."""
    chosen = {name: json.dumps(case.properties) for name, case in ALL.items()}
    while True:
        kept = {
            name: text
            for name, text in chosen.items()
            if not any(
                mark in text
                for mark in ("$code", "$asset", *(f"${{{one}." for one in set(ALL) - set(chosen)))
            )
        }
        if len(kept) == len(chosen):
            return {name: ALL[name] for name in kept}
        chosen = kept


CASES = _cases_with_files_elsewhere()


@pytest.fixture(scope="module")
def resources(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[Resource]:
    project = Project.make(engine, tmp_path_factory.mktemp("projects"), "terraform")
    project.write(CASES)
    project.up()
    shown = engine.run(project.folder, "stack", "export", "--stack", project.stack, "--show-secrets")
    project.destroy()
    return aws_resources(json.loads(shown.stdout))


@pytest.fixture(scope="module")
def configuration(resources: list[Resource]) -> Configuration:
    return convert(resources, Path())


def test_every_resource_and_reference_is_written(
    resources: list[Resource], configuration: Configuration
) -> None:
    by_urn = {one.urn: one for one in resources}
    assert {one.address.partition(".")[0] for one in resources} == set(configuration.resources)
    assert sum(map(len, configuration.resources.values())) == len(CASES) == len(resources)
    for one in resources:
        text = json.dumps(configuration.resources[one.type][one.label])
        for urn in one.dependencies:
            assert f"{by_urn[urn].address}" in text, (one.address, by_urn[urn].address)


def test_the_real_provider_finds_it_valid(configuration: Configuration, tmp_path: Path) -> None:
    try:
        terraform = Terraform.find(tmp_path)
    except TerraformUnavailableError as unavailable:
        pytest.skip(str(unavailable))
    write(configuration, tmp_path)
    terraform.prepare({"region": "us-east-1"})
    terraform.validate()

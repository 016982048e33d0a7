"""A project as its Pulumi.yaml describes it, and the interpreter and SDK of its program."""

import json
import sys
from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.program_interpreter import activated, interpreter
from pulumi_local_aws.stack.project import Project


def project(folder: Path, text: str) -> Project:
    (folder / "Pulumi.yaml").write_text(text)
    return Project.read(folder / "Pulumi.yaml")


def fake_python(venv: Path, version: str = "") -> Path:
    """An interpreter of a virtual environment that prints a version."""
    python = venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    (venv / "pyvenv.cfg").write_text("")
    return python


def test_a_project_is_found_from_a_folder_below_it(tmp_path: Path) -> None:
    project(tmp_path, "name: shop\nruntime: nodejs\n")
    below = tmp_path / "src" / "handlers"
    below.mkdir(parents=True)
    found = Project.find(below)
    assert (found.name, found.runtime, found.folder) == ("shop", "nodejs", tmp_path)


@pytest.mark.parametrize("text", ["", "name: shop\n", "runtime: python\n", "[]", "name: shop\nruntime: {}\n"])
def test_a_project_without_name_or_runtime_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError, match="must have `name` and `runtime`"):
        project(tmp_path, text)


def test_invalid_yaml_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Pulumi\.yaml is invalid YAML") as caught:
        project(tmp_path, "name: [\n")
    assert "\n" not in str(caught.value)


def test_the_virtual_environment_of_pulumi_yaml_comes_first(tmp_path: Path) -> None:
    named = fake_python(tmp_path / "venv")
    active = fake_python(tmp_path / "active")
    environment = {"VIRTUAL_ENV": str(tmp_path / "active")}
    assert interpreter(tmp_path, {"virtualenv": "venv"}, environment) == named
    assert interpreter(tmp_path, {}, environment) == active
    assert interpreter(tmp_path, {}, {}) == Path(sys.executable), "pulumi-aws is beside this package here"


def test_a_program_runs_with_its_virtual_environment_activated(tmp_path: Path) -> None:
    python = fake_python(tmp_path / "venv")
    environment = activated(python, {"PATH": "/bin", "PYTHONHOME": "/wrong", "PYTHONPATH": "/kept"})
    assert environment == {
        "PATH": f"{python.parent}:/bin",
        "PYTHONPATH": "/kept",
        "VIRTUAL_ENV": str(tmp_path / "venv"),
    }


@pytest.mark.parametrize("version", ["7.0.0", "7.30.1", "7.99.0"])
def test_the_plugins_version_is_that_of_the_programs_sdk(tmp_path: Path, version: str) -> None:
    fake_python(tmp_path / "venv", version)
    text = "name: shop\nruntime: {name: python, options: {virtualenv: venv}}\n"
    assert project(tmp_path, text).aws_version() == version


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    fake_python(tmp_path / "venv", "6.83.0")
    shop = project(tmp_path, "name: shop\nruntime: {name: python, options: {virtualenv: venv}}\n")
    with pytest.raises(CommandError, match=r"uses pulumi-aws 6\.83\.0; the local AWS supports 7\.x"):
        shop.aws_version()


def test_other_languages_name_their_sdk_in_their_own_files(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@pulumi" / "aws" / "package.json"
    node = project(tmp_path, "name: shop\nruntime: nodejs\n")
    assert not node.is_installed()
    package.parent.mkdir(parents=True)
    package.write_text(json.dumps({"version": "7.12.0"}))
    assert node.is_installed()
    assert node.aws_version() == "7.12.0"
    (tmp_path / "go.mod").write_text("require github.com/pulumi/pulumi-aws/sdk/v7 v7.9.0\n")
    assert project(tmp_path, "name: shop\nruntime: go\n").aws_version() == "7.9.0"
    assert project(tmp_path, "name: shop\nruntime: yaml\n").aws_version() == TESTED_VERSION

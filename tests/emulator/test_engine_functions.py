"""Test the provider's functions with the real engine: each one finds what the program created."""

import json
import shutil
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError
from tests.emulator.project import PROGRAMS

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def _prepare(engine: Engine, tmp_path: Path, program: str = "") -> Path:
    folder = tmp_path / "functions"
    shutil.copytree(PROGRAMS / "functions", folder)
    if program:
        (folder / "__main__.py").write_text(program)
    engine.select("test", folder)
    return folder


def test_each_function_finds_what_the_program_created(engine: Engine, tmp_path: Path) -> None:
    folder = _prepare(engine, tmp_path)
    engine.up("test", folder)
    outputs = engine.outputs("test", folder, show_secrets=True)
    assert json.loads(outputs["found"]) == json.loads(outputs["expected"])
    assert outputs["trust"] == {"Service": "lambda.amazonaws.com"}
    assert (outputs["hidden"], outputs["version"]) == ("hush-hush", "hush-hush")
    assert "hush-hush" not in json.dumps(engine.export("test", folder))
    plan = engine.plan("test", folder)
    assert {step["op"] for step in plan} == {"same"}
    engine.destroy("test", folder)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("aws.iam.get_roles()", "does not support function 'aws:iam/getRoles:getRoles'"),
        ("aws.sqs.get_queue(name='none')", "GetQueueUrl: .*NonExistentQueue"),
        ("aws.sqs.get_queue(name='none', tags={'a': 'b'})", "does not support property 'tags'"),
    ],
)
def test_what_a_function_cannot_answer_is_named(
    engine: Engine, tmp_path: Path, call: str, problem: str
) -> None:
    folder = _prepare(engine, tmp_path, f"import pulumi_aws as aws\n{call}\n")
    with pytest.raises(EngineError, match=problem):
        engine.plan("test", folder)

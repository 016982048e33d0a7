"""The tables and the queue on the local AWS, deployed by the real engine from a folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine, Result
from pulumi_local_aws.ministack import MiniStack

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
STACK = "test"
PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT / "components")!r})

import pulumi

from websocket_sessions import FanOutQueue, SessionTables

tables = SessionTables("tables", deletion_protection=False, point_in_time_recovery=False)
FanOutQueue("fan-out")
pulumi.export("sessions", tables.names["sessions"])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("tables")
    (made / "Pulumi.yaml").write_text("name: tables\nruntime: python\n")
    (made / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, made)
    yield made
    engine.destroy(STACK, made)


@pytest.fixture(scope="module")
def deployed(folder: Path, engine: Engine) -> Result:
    return engine.up(STACK, folder)


def test_a_deployment_logs_no_deprecation(deployed: Result) -> None:
    assert "deprecated" not in deployed.output


@pytest.mark.usefixtures("deployed")
def test_a_second_preview_and_a_refresh_find_no_change(folder: Path, engine: Engine) -> None:
    assert {step["op"] for step in engine.plan(STACK, folder)} == {"same"}
    engine.refresh(STACK, folder, "--expect-no-changes")


@pytest.mark.usefixtures("deployed")
def test_the_index_by_due_time_has_its_keys(folder: Path, engine: Engine, emulator: MiniStack) -> None:
    name = engine.outputs(STACK, folder)["sessions"]
    described = client("dynamodb", emulator.environment).describe_table(TableName=name)["Table"]
    (index,) = described["GlobalSecondaryIndexes"]
    assert [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] == [
        ("dueShard", "HASH"),
        ("dueAt", "RANGE"),
    ]

"""Changes by the real engine: what comes first in a replacement, what fails half-way, previews that hold."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError
from pulumi_local_aws.ministack import MiniStack
from tests.emulator.catalogue import Case
from tests.emulator.catalogue_whole import ALL
from tests.emulator.project import Project, changed

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
_NEW, _OLD = "creating replacement", "deleting original"


def _replaced(project: Project, before: Mapping[str, Case], after: Mapping[str, Case]) -> list[str]:
    """Which of the two, the new or the old, the engine turned to first and which last."""
    project.write(before)
    project.up()
    project.write(after)
    told = project.up().stdout
    assert {step["op"] for step in project.plan().values()} == {"same"}
    return [mark for line in told.splitlines() for mark in (_NEW, _OLD) if mark in line]


def test_the_new_one_is_there_before_the_old_one_goes(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "new-first")
    role = ALL["spare"]
    assert _replaced(project, {"role": role}, {"role": changed(role, {"path": "/other/"})}) == [_NEW, _OLD]
    project.destroy()


def test_a_name_that_the_program_fixes_is_given_up_before_it_is_taken_again(
    engine: Engine, emulator: MiniStack, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "old-first")
    role = changed(ALL["spare"], {"name": "old-first"})
    assert _replaced(project, {"role": role}, {"role": changed(role, {"path": "/other/"})}) == [_OLD, _NEW]
    told = client("iam", emulator.environment).get_role(RoleName="old-first")
    assert told["Role"]["Path"] == "/other/"
    project.destroy()


def test_what_stands_on_a_replaced_resource_moves_to_the_new_one(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "moved")
    cases = {"topic": ALL["topic"], "alarm": changed(ALL["alarm"], {"alarmActions": ["${topic.arn}"]})}
    project.write(cases)
    project.up()
    project.write(cases | {"topic": changed(ALL["topic"], {"name": "moved"})})
    project.up()
    state = project.state()
    assert state["alarm"]["outputs"]["alarmActions"] == [state["topic"]["outputs"]["arn"]]
    assert state["topic"]["outputs"]["name"] == "moved"
    project.destroy()


def test_an_attribute_of_a_user_pool_is_added_in_place_and_never_taken_away(
    engine: Engine, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "attributes")
    attributes = [{"name": name, "attributeDataType": "String", "mutable": True} for name in ("one", "two")]
    for given in (attributes[:1], attributes):
        project.write({"pool": changed(ALL["pool"], {"schemas": given})})
        project.up()
    project.write({"pool": changed(ALL["pool"], {"schemas": attributes[1:]})})
    assert project.plan()["pool"]["op"] == "update"
    with pytest.raises(EngineError, match="can be added, not changed or removed"):
        project.up()
    project.destroy()


@pytest.mark.parametrize("again", ["wanted", "first"])
def test_an_update_that_fails_half_way_is_mended_by_the_next_up(
    engine: Engine, tmp_path: Path, again: str
) -> None:
    """Whether the program then wants what works, or goes back to what it was at first."""
    project = Project.make(engine, tmp_path, f"half-{again}")
    first = ALL["table"]
    wanted = changed(first, {"attributes": [{"name": "id", "type": "S"}], "globalSecondaryIndexes": []})
    refused = changed(wanted, {"ttl": {"attributeName": "x" * 300, "enabled": True}})
    project.write({"table": first})
    project.up()
    project.write({"table": refused})
    with pytest.raises(EngineError, match="UpdateTimeToLive"):
        project.up()
    assert project.state()["table"]["initErrors"]
    project.write({"table": {"wanted": wanted, "first": first}[again]})
    project.up()
    assert not project.state()["table"].get("initErrors")
    assert {step["op"] for step in project.plan().values()} == {"same"}
    project.refresh("--expect-no-changes")
    project.destroy()


def test_a_preview_tells_what_up_then_does(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "foretold")
    cases = {name: ALL[name] for name in ("table", "topic", "spare", "group", "api")}
    project.write(cases)
    project.up()
    project.write(
        {
            "table": changed(cases["table"], {"tags": {"team": "b"}}),
            "topic": cases["topic"],
            "spare": changed(cases["spare"], {"path": "/other/"}),
            "api": changed(cases["api"], {"description": "new"}),
            "queue": ALL["queue"],
        }
    )
    assert project.foretold() == {"same": 2, "update": 2, "replace": 1, "create": 1, "delete": 1}
    expected = project.foretold()
    project.up()
    assert project.done() == expected
    project.destroy()

"""Test changes with the real engine: the order of a replacement, partial failures, accurate previews."""

import base64
import io
import json
import zipfile
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
    """Return the order in which the engine creates the new resource and deletes the old one."""
    project.write(before)
    project.up()
    project.write(after)
    output = project.up().stdout
    assert {step["op"] for step in project.plan().values()} == {"same"}
    return [mark for line in output.splitlines() for mark in (_NEW, _OLD) if mark in line]


def test_a_replacement_creates_the_new_resource_before_it_deletes_the_old_one(
    engine: Engine, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "new-first")
    role = ALL["spare"]
    assert _replaced(project, {"role": role}, {"role": changed(role, {"path": "/other/"})}) == [_NEW, _OLD]
    project.destroy()


def test_a_replacement_with_a_fixed_name_deletes_the_old_resource_first(
    engine: Engine, emulator: MiniStack, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "old-first")
    role = changed(ALL["spare"], {"name": "old-first"})
    assert _replaced(project, {"role": role}, {"role": changed(role, {"path": "/other/"})}) == [_OLD, _NEW]
    role = client("iam", emulator.environment).get_role(RoleName="old-first")
    assert role["Role"]["Path"] == "/other/"
    project.destroy()


def test_a_dependent_resource_refers_to_the_replacement(engine: Engine, tmp_path: Path) -> None:
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


def test_a_user_pool_attribute_can_be_added_but_not_removed(engine: Engine, tmp_path: Path) -> None:
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


def test_access_logs_need_the_role_of_the_account(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "logged")
    settings = {
        "destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:a",
        "format": "$context.stage",
    }
    cases = {"api": ALL["api"], "stage": changed(ALL["stage"], {"accessLogSettings": settings})}
    project.write(cases)
    with pytest.raises(EngineError, match="CloudWatch Logs role ARN must be set in account settings"):
        project.up()
    account = changed(ALL["account"], {"cloudwatchRoleArn": "${spare.arn}"})
    project.write({"spare": ALL["spare"], "account": account, **cases})
    project.up()
    project.destroy()


def _zip_object(key: str, name: str, content: str) -> Case:
    """Return a zip file in the catalogue's bucket."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    encoded = base64.b64encode(packed.getvalue()).decode()
    return Case(
        type="aws:s3/bucketObjectv2:BucketObjectv2",
        properties={"bucket": "${bucket.id}", "key": key, "contentBase64": encoded},
    )


def test_functions_and_layers_take_their_code_from_s3(
    engine: Engine, emulator: MiniStack, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "stored")
    program = "import shared\n\ndef handler(event, context):\n    return shared.{name}\n"
    objects = {
        "layerCode": _zip_object("layer.zip", "python/shared.py", "one, two = 'one', 'two'\n"),
        "first": _zip_object("first.zip", "handler.py", program.format(name="one")),
        "second": _zip_object("second.zip", "handler.py", program.format(name="two")),
    }
    layer = {"layerName": "stored", "s3Bucket": "${bucket.id}", "s3Key": "${layerCode.key}"}
    function = {
        **{name: ALL["function"].properties[name] for name in ("role", "runtime", "handler")},
        "s3Bucket": "${bucket.id}",
        "layers": ["${layer.arn}"],
    }

    def deploy(code: str) -> str:
        stored = Case(type=ALL["function"].type, properties={**function, "s3Key": f"${{{code}.key}}"})
        cases = {"layer": Case(type=ALL["layer"].type, properties=layer), "function": stored}
        project.write({"worker": ALL["worker"], "bucket": ALL["bucket"], **objects, **cases})
        project.up()
        assert {step["op"] for step in project.plan().values()} == {"same"}
        name = project.state()["function"]["id"]
        return json.loads(client("lambda", emulator.environment).invoke(FunctionName=name)["Payload"].read())

    assert deploy("first") == "one"
    assert deploy("second") == "two"
    project.refresh("--expect-no-changes")
    project.destroy()


def test_a_parameters_plain_value_is_no_secret_and_an_existing_one_is_overwritten_if_asked(
    engine: Engine, emulator: MiniStack, tmp_path: Path
) -> None:
    ssm = client("ssm", emulator.environment)
    ssm.put_parameter(Name="existing", Value="before", Type="String")
    project = Project.make(engine, tmp_path, "plain")
    given = {"name": "existing", "type": "String", "insecureValue": "one", "tags": {"team": "a"}}
    case = Case(type=ALL["parameter"].type, properties=given)
    project.write({"parameter": case})
    with pytest.raises(EngineError, match="ParameterAlreadyExists"):
        project.up()
    project.write({"parameter": changed(case, {"overwrite": True})})
    project.up()
    stored = project.state()["parameter"]["outputs"]
    assert (stored["insecureValue"], "value" in stored) == ("one", False)
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="existing")["TagList"]
    assert tags == [{"Key": "team", "Value": "a"}]
    project.write({"parameter": changed(case, {"overwrite": True, "insecureValue": "two"})})
    project.up()
    assert ssm.get_parameter(Name="existing")["Parameter"]["Value"] == "two"
    assert {step["op"] for step in project.plan().values()} == {"same"}
    project.refresh("--expect-no-changes")
    secret = {name: value for name, value in given.items() if name != "insecureValue"}
    project.write({"parameter": Case(type=case.type, properties={**secret, "value": "three"})})
    project.up()
    stored = project.state()["parameter"]["outputs"]
    assert ("ciphertext" in stored["value"], "insecureValue" in stored) == (True, False)
    project.destroy()


def test_a_protected_user_pool_is_not_deleted(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "kept")
    project.write({"pool": changed(ALL["pool"], {"deletionProtection": "ACTIVE"})})
    project.up()
    with pytest.raises(EngineError, match="has deletion protection; set `deletionProtection` to INACTIVE"):
        project.destroy()
    project.write({"pool": ALL["pool"]})
    project.up()
    project.destroy()


def test_changed_default_tags_update_an_existing_stack(
    engine: Engine, emulator: MiniStack, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "tagged")
    project.write({"queue": ALL["queue"], "rule": ALL["hourly"], "zone": ALL["zone"]})
    for cost_center in ("one", "two"):
        tags = ("config", "set", "--stack", "test", "--path", "aws:defaultTags.tags.cost")
        engine.run(project.folder, *tags, cost_center)
        project.up()
        assert {step["op"] for step in project.plan().values()} == {"same"}
        url = project.state()["queue"]["id"]
        found = client("sqs", emulator.environment).list_queue_tags(QueueUrl=url)["Tags"]
        assert found == {"cost": cost_center, "team": "a"}
        assert project.state()["zone"]["outputs"]["tagsAll"] == {"cost": cost_center, "team": "a"}
        assert project.state()["rule"]["outputs"]["tagsAll"] == {"cost": cost_center}
    project.refresh("--expect-no-changes")
    project.destroy()


@pytest.mark.parametrize("again", ["wanted", "first"])
def test_an_update_that_fails_half_way_is_completed_by_the_next_up(
    engine: Engine, tmp_path: Path, again: str
) -> None:
    """Test both a corrected program and one that returns to its first state."""
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


def test_a_preview_predicts_what_up_does(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "planned_changes")
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
    assert project.planned_changes() == {"same": 2, "update": 2, "replace": 1, "create": 1, "delete": 1}
    expected = project.planned_changes()
    project.up()
    assert project.done() == expected
    project.destroy()

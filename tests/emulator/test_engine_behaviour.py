"""Test the engine and the provider at the edges: import, protect, refusals, failures, concurrent runs."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import free_port
from tests.emulator.catalogue import COMPUTE, Case
from tests.emulator.catalogue_whole import ALL
from tests.emulator.project import Project, changed

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
# pulumi-aws's import ids that differ from the resource's id.
_IMPORT_IDS = {
    "aws:apigatewayv2/apiMapping:ApiMapping": "{id}/{domainName}",
    "aws:apigatewayv2/authorizer:Authorizer": "{apiId}/{id}",
    "aws:apigatewayv2/deployment:Deployment": "{apiId}/{id}",
    "aws:apigatewayv2/integration:Integration": "{apiId}/{id}",
    "aws:apigatewayv2/integrationResponse:IntegrationResponse": "{apiId}/{integrationId}/{id}",
    "aws:apigatewayv2/route:Route": "{apiId}/{id}",
    "aws:apigatewayv2/routeResponse:RouteResponse": "{apiId}/{routeId}/{id}",
    "aws:apigatewayv2/stage:Stage": "{apiId}/{id}",
    "aws:cloudwatch/eventTarget:EventTarget": "{rule}/{targetId}",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "{logGroupName}:{id}",
    "aws:cognito/userPoolClient:UserPoolClient": "{userPoolId}/{id}",
    "aws:lambda/permission:Permission": "{function}/{id}",
}
# pulumi-aws cannot import them.
_NOT_IMPORTED = frozenset({"aws:acm/certificateValidation:CertificateValidation"})


def _queue(**properties: Any) -> dict[str, Any]:
    return {"type": "aws:sqs/queue:Queue", "properties": properties}


def _name(case: Case, name: str) -> Case:
    """Return the case with fixed names of its own, so that it does not collide with another test's."""
    fixed = {
        "logs": {"name": "/aws/lambda/imported"},
        "function": {"name": "imported"},
        "dead": {"name": "imported-dead"},
        "dashboard": {"dashboardName": "imported"},
    }
    return changed(case, fixed.get(name, {}))


def test_every_type_is_imported_by_its_id(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "origin")
    project.write({name: _name(case, name) for name, case in ALL.items()})
    project.up()
    resources = [
        {"type": one["type"], "name": name, "id": _import_id(one)}
        for name, one in project.state().items()
        if one["type"].startswith("aws:") and one["type"] not in _NOT_IMPORTED
    ]
    target = Project.make(engine, tmp_path, "imported")
    listing = tmp_path / "resources.json"
    listing.write_text(json.dumps({"resources": resources}))
    options = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    engine.run(target.folder, "import", "--stack", "test", "--file", str(listing), *options)
    found = {name: one["id"] for name, one in target.state().items() if one["type"].startswith("aws:")}
    assert found == {name: one["id"] for name, one in project.state().items() if name in found}
    assert len(found) == len(resources)
    target.refresh("--expect-no-changes")
    project.destroy()
    target.refresh()
    # The settings of an account always exist.
    assert [one["type"] for one in target.state().values() if one["type"].startswith("aws:")] == [
        "aws:apigateway/account:Account"
    ]


def _import_id(resource: dict[str, Any]) -> str:
    form = _IMPORT_IDS.get(resource["type"], "{id}")
    return form.format(**{**resource["outputs"], "id": resource["id"]})


def test_a_protected_resource_is_not_deleted(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "protected")
    project.write({"queue": {**_queue(), "protect": True}})
    project.up()
    with pytest.raises(EngineError, match="protected"):
        project.destroy()
    project.write({"queue": _queue()})
    project.up()
    project.destroy()


def test_an_unsupported_type_is_named(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "unknown-type")
    project.write({"vpc": {"type": "aws:ec2/vpc:Vpc", "properties": {"cidrBlock": "10.0.0.0/16"}}})
    with pytest.raises(EngineError, match="does not support resource type 'aws:ec2/vpc:Vpc'"):
        project.plan()


def test_an_unsupported_property_is_named_in_the_preview(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "unknown-property")
    project.write({"queue": _queue(sparkle=True)})
    with pytest.raises(EngineError, match="does not support property 'sparkle' of aws:sqs/queue:Queue"):
        project.up()


def test_what_aws_would_refuse_is_refused_in_the_preview(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "refused")
    role = changed(COMPUTE["role"], {"name": "no spaces here"})
    project.write({"role": role})
    with pytest.raises(EngineError, match=r"CreateRole would refuse RoleName: 'no spaces here'"):
        project.plan()


def test_a_create_that_fails_half_way_is_in_the_state_and_completed_by_the_next_up(
    engine: Engine, tmp_path: Path
) -> None:
    project = Project.make(engine, tmp_path, "half")
    table = changed(COMPUTE["table"], {"ttl": {"attributeName": "x" * 300, "enabled": True}})
    project.write({"table": table})
    with pytest.raises(EngineError, match="UpdateTimeToLive"):
        project.up()
    assert project.state()["table"]["initErrors"]
    project.write({"table": COMPUTE["table"]})
    project.up()
    stored = project.state()["table"]
    assert not stored.get("initErrors")
    assert stored["outputs"]["ttl"] == {"attributeName": "ttl", "enabled": True}
    project.refresh("--expect-no-changes")
    project.destroy()


def test_one_edited_handler_updates_that_one_function(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "edited")
    code = COMPUTE["function"].properties["code"]["$code"]
    base = {name: COMPUTE[name] for name in ("worker", "policy")}
    functions = {
        name: changed(COMPUTE["function"], {"name": f"edited-{name}"}) for name in ("first", "second")
    }
    project.write(base | functions)
    project.up()
    functions["first"] = changed(functions["first"], {"code": {"$code": f"{code}# edited\n"}})
    project.write(base | functions)
    plan = project.plan()
    assert {name: step["diffReasons"] for name, step in plan.items() if step["op"] != "same"} == {
        "first": ["code"]
    }
    project.up()
    project.destroy()


def test_a_deleted_resource_is_created_again(engine: Engine, emulator: MiniStack, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "vanished")
    project.write({"queue": _queue(name="vanishing"), "topic": COMPUTE["topic"]})
    project.up()
    url = project.state()["queue"]["id"]
    client("sqs", emulator.environment).delete_queue(QueueUrl=url)
    project.up("--refresh")
    assert client("sqs", emulator.environment).get_queue_url(QueueName="vanishing")
    project.destroy()
    project.destroy()


def _lock(engine: Engine, project: str, pid: int) -> Path:
    lock = engine.state / ".pulumi" / "locks" / "organization" / project / "test" / "other.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = {"pid": pid, "username": "someone", "hostname": socket.gethostname()}
    lock.write_text(json.dumps({**holder, "timestamp": "2026-01-01T00:00:00Z"}))
    return lock


def test_a_concurrent_up_is_refused_in_one_line(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "locked")
    project.write({"queue": _queue()})
    project.up()
    lock = _lock(engine, "locked", os.getpid())
    with pytest.raises(EngineError, match="Another `pulumi` run holds this stack"):
        project.up()
    lock.unlink()
    project.destroy()


def test_the_lock_of_a_killed_run_does_not_block_the_next_run(engine: Engine, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "left-locked")
    project.write({"queue": _queue()})
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    lock = _lock(engine, "left-locked", ended.pid)
    project.up()
    assert not lock.exists()
    project.destroy()


def test_after_the_emulator_crashes_during_up_the_next_up_recovers(engine: Engine, tmp_path: Path) -> None:
    port = free_port()
    keys = (engine.environment["AWS_ACCESS_KEY_ID"], engine.environment["AWS_SECRET_ACCESS_KEY"])
    cases = {name: COMPUTE[name] for name in ("worker", "policy", "logs", "function", "topic")}
    with MiniStack.start(tmp_path / "one", port, *keys, tmp_path / "log") as first:
        project = Project.make(engine.with_environment(first.environment), tmp_path, "killed")
        project.write({name: COMPUTE[name] for name in ("worker", "topic")})
        project.up()
    project.write(cases)
    with pytest.raises(EngineError, match=r"nothing answers at .*: start the local AWS"):
        project.up()
    with MiniStack.start(tmp_path / "two", port, *keys, tmp_path / "log"):
        project.up("--refresh")
        assert {step["op"] for step in project.plan().values()} == {"same"}
        project.destroy()

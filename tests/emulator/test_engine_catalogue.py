"""Test each resource type's life cycle with the real engine on the local AWS."""

import json
from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.provider.registry import tokens
from tests.emulator.catalogue import Case
from tests.emulator.catalogue_whole import ALL, PARTS
from tests.emulator.project import Project, changed

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


@pytest.fixture(scope="module")
def resources_of_others(emulator: MiniStack) -> dict[str, set[str]]:
    """Return what other tests left on the emulator, which all tests of a run share."""
    return _resources(emulator)


@pytest.fixture(scope="module")
def project(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, resources_of_others: dict[str, set[str]]
) -> Project:
    """Return the project with the whole catalogue deployed, after `resources_of_others` were counted."""
    made = Project.make(engine, tmp_path_factory.mktemp("projects"), "catalogue")
    made.write(ALL)
    made.up()
    return made


def _resources(emulator: MiniStack) -> dict[str, set[str]]:
    """Return the names of the emulator's resources by service. Keys in their waiting period are deleted."""
    aws = emulator.environment
    kms = client("kms", aws)
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    pools = client("cognito-idp", aws).list_user_pools(MaxResults=60)["UserPools"]
    return {
        "apigatewayv2": {item["ApiId"] for item in client("apigatewayv2", aws).get_apis()["Items"]},
        "appsync": {api["apiId"] for api in client("appsync", aws).list_apis()["apis"]},
        "cognito-idp": {pool["Id"] for pool in pools},
        "dynamodb": set(client("dynamodb", aws).list_tables()["TableNames"]),
        "events": {rule["Name"] for rule in client("events", aws).list_rules()["Rules"]},
        "iam": {role["RoleName"] for role in client("iam", aws).list_roles()["Roles"]},
        "kms": {key["KeyId"] for key in keys if key["KeyState"] != "PendingDeletion"},
        "lambda": {item["FunctionName"] for item in client("lambda", aws).list_functions()["Functions"]},
        "logs": {group["logGroupName"] for group in client("logs", aws).describe_log_groups()["logGroups"]},
        "s3": {bucket["Name"] for bucket in client("s3", aws).list_buckets()["Buckets"]},
        "secretsmanager": {
            item["ARN"] for item in client("secretsmanager", aws).list_secrets()["SecretList"]
        },
        "sqs": set(client("sqs", aws).list_queues().get("QueueUrls", [])),
    }


def _ops(plan: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: step["op"] for name, step in plan.items()}


def test_the_catalogue_has_every_resource_type() -> None:
    assert sorted({case.type for case in ALL.values()}) == tokens()


def test_an_unchanged_program_plans_no_change(project: Project) -> None:
    assert set(_ops(project.plan()).values()) == {"same"}


def test_a_refresh_finds_no_drift(project: Project) -> None:
    project.refresh("--expect-no-changes")


def test_secrets_are_encrypted_in_the_state(project: Project) -> None:
    stored = project.state()
    assert "ciphertext" in stored["client"]["outputs"]["clientSecret"]
    assert "hush-hush" not in json.dumps(stored)
    assert "one" in json.dumps(stored["function"]["outputs"]["environment"])


def test_the_state_has_no_code(project: Project) -> None:
    code = project.state()["function"]["outputs"]["code"]
    assert code["hash"]


def test_each_change_of_a_property_that_updates_is_made_in_place(project: Project) -> None:
    project.write({name: changed(case, case.updates) for name, case in ALL.items()})
    plan = project.plan()
    updating = {name for name, case in ALL.items() if case.updates}
    assert {name for name, op in _ops(plan).items() if op == "update"} == updating
    for name in updating:
        assert set(plan[name]["diffReasons"]) == set(ALL[name].updates), name
    project.up()
    assert set(_ops(project.plan()).values()) == {"same"}
    project.refresh("--expect-no-changes")


def test_a_removed_property_is_reset_to_its_default(project: Project, emulator: MiniStack) -> None:
    project.write(ALL)
    project.up()
    assert set(_ops(project.plan()).values()) == {"same"}
    project.refresh("--expect-no-changes")
    deployed = client("lambda", emulator.environment).get_function_configuration(
        FunctionName="catalogue-fixed"
    )
    assert (deployed["Description"], deployed["MemorySize"], deployed["Timeout"]) == ("", 128, 3)


def test_drift_is_found_and_reverted(project: Project, emulator: MiniStack) -> None:
    stored = project.state()
    aws = emulator.environment
    client("lambda", aws).update_function_configuration(FunctionName="catalogue-fixed", Timeout=33)
    client("logs", aws).put_retention_policy(logGroupName="/aws/lambda/catalogue-fixed", retentionInDays=90)
    client("dynamodb", aws).tag_resource(
        ResourceArn=stored["table"]["outputs"]["arn"], Tags=[{"Key": "stray", "Value": "1"}]
    )
    client("apigatewayv2", aws).delete_stage(ApiId=stored["api"]["id"], StageName="live")
    project.refresh()
    plan = _ops(project.plan())
    assert {name: op for name, op in plan.items() if op != "same"} == {
        "function": "update",
        "logs": "update",
        "table": "update",
        "stage": "create",
    }
    project.up()
    assert set(_ops(project.plan()).values()) == {"same"}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_each_change_of_a_property_that_replaces_is_planned_as_a_replacement(
    project: Project, part: dict[str, Case]
) -> None:
    project.write(ALL | {name: changed(case, case.replaces) for name, case in part.items()})
    # From 3.274 on, the engine verifies the snapshot between the steps of a preview. It reports a duplicate
    # resource where many resources that depend on each other are replaced at once.
    plan = project.plan("--disable-integrity-checking")
    for name, case in part.items():
        if case.replaces:
            assert plan[name]["op"] == "replace", name
            # The engine gives no reason if a replaced dependency deletes the resource first.
            reasons = plan[name].get("replaceReasons")
            assert reasons is None or set(case.replaces) <= set(reasons), name


def test_a_replacement_with_a_fixed_name_deletes_first_and_succeeds(project: Project) -> None:
    moved = {
        "policy": changed(ALL["policy"], {"name": "renamed"}),
        "permission": changed(ALL["permission"], {"statementId": "renamed"}),
        "stage": changed(ALL["stage"], {"name": "renamed"}),
        "route": changed(ALL["route"], {"apiId": "${http.id}", "routeKey": "GET /x", "target": None}),
        "dashboard": changed(ALL["dashboard"], {"dashboardName": "renamed"}),
        "deployment": changed(ALL["deployment"], {"triggers": {"hash": "2"}}),
    }
    moved["route"].properties.pop("routeResponseSelectionExpression")
    rest = {name: case for name, case in ALL.items() if name != "routeResponse"}
    project.write(rest | moved)
    project.up()
    assert set(_ops(project.plan()).values()) == {"same"}
    project.refresh("--expect-no-changes")


def test_destroy_leaves_no_resource(
    project: Project, emulator: MiniStack, resources_of_others: dict[str, set[str]]
) -> None:
    assert _resources(emulator) != resources_of_others
    project.destroy()
    assert _resources(emulator) == resources_of_others

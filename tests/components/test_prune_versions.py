"""The operator's command deletes versions with snapshots that nothing refers to, and no other version."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import MiniStack
from websocket_sessions.operator.versions import prune_versions

pytestmark = pytest.mark.emulator
TRUST = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
]}"""
Publish = Callable[..., list[str]]


@pytest.fixture
def functions(emulator: MiniStack) -> Any:
    return client("lambda", emulator.environment)


@pytest.fixture
def role(emulator: MiniStack) -> Iterator[str]:
    roles = client("iam", emulator.environment)
    made = roles.create_role(RoleName="pruned", AssumeRolePolicyDocument=TRUST)
    yield made["Role"]["Arn"]
    roles.delete_role(RoleName="pruned")


@pytest.fixture
def publish(functions: Any, role: str, request: pytest.FixtureRequest) -> Publish:
    """Create a function and publish versions of it, with snapshots unless the test says otherwise."""

    def publish(name: str, count: int, *, has_snapshots: bool = True) -> list[str]:
        functions.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": code(0)},
            SnapStart={"ApplyOn": "PublishedVersions" if has_snapshots else "None"},
        )
        request.addfinalizer(lambda: functions.delete_function(FunctionName=name))
        versions: list[str] = []
        for number in range(1, count + 1):
            functions.update_function_code(FunctionName=name, ZipFile=code(number))
            versions.append(functions.publish_version(FunctionName=name)["Version"])
        return versions

    return publish


def code(number: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", f"def handler(event, context): return {number}")
    return archive.getvalue()


def alias(functions: Any, function: str, name: str, version: str) -> None:
    functions.create_alias(FunctionName=function, Name=name, FunctionVersion=version)


def test_former_versions_are_deleted_and_those_from_the_live_one_on_stay(
    functions: Any, publish: Publish
) -> None:
    one, two, three, _four = publish("former", 4)
    alias(functions, "former", "live", three)
    assert prune_versions(functions, ["former"]) == [f"former:{one}", f"former:{two}"]
    assert prune_versions(functions, ["former"]) == []


def test_a_version_of_another_alias_stays(functions: Any, publish: Publish) -> None:
    one, two, three = publish("aliased", 3)
    alias(functions, "aliased", "live", three)
    alias(functions, "aliased", "previous", one)
    assert prune_versions(functions, ["aliased"]) == [f"aliased:{two}"]


@pytest.mark.parametrize("has_live_alias", [True, False])
def test_a_version_that_a_policy_or_a_mapping_names_stays(
    functions: Any, publish: Publish, emulator: MiniStack, has_live_alias: bool
) -> None:
    name = f"pinned-{has_live_alias}"
    one, two, three, four = publish(name, 4)
    queues = client("sqs", emulator.environment)
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=f"{name}:{two}", Enabled=False
    )
    functions.add_permission(
        FunctionName=name,
        Qualifier=one,
        StatementId="called",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    if has_live_alias:
        alias(functions, name, "live", four)
    deleted = [three] if has_live_alias else [three, four]
    assert prune_versions(functions, [name]) == [f"{name}:{version}" for version in deleted]
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    queues.delete_queue(QueueUrl=url)


def test_versions_without_a_snapshot_stay(functions: Any, publish: Publish) -> None:
    publish("plain", 2, has_snapshots=False)
    assert prune_versions(functions, ["plain"]) == []
    assert len(functions.list_versions_by_function(FunctionName="plain")["Versions"]) == 3

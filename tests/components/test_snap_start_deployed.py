"""Functions with SnapStart on the local AWS, deployed by the real engine: every caller uses their aliases."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import wait_until
from tests.support.local_gateway import local_gateway
from tools.dev_stack.hot_reload import publish
from websocket_sessions.operator.versions import prune_versions

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
STACK = "test"
WAIT_SECONDS = 60.0
PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT / "components")!r})

import pulumi

from websocket_sessions import FanOutQueue, LambdaHandler, PolicyStatement, Route, Schedule, WebSocketApi
from websocket_sessions.async_invocations import AsyncInvocations

queue = FanOutQueue("work")
consumes = PolicyStatement(
    actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], resources=[queue.queue_arn]
)
options = dict(snap_start=SNAP_START)
echo = LambdaHandler("echo", handler="app/app.handler", **options)
authorize = LambdaHandler("authorize", handler="app/app.authorize", **options)
worker = LambdaHandler("worker", handler="app/app.work", policy=[consumes], **options)
failing = LambdaHandler("failing", handler="app/app.fail", **options)
api = WebSocketApi("api", routes={{"$connect": Route(target=echo, authorizer=authorize), "$default": echo}})
queue.deliver_to(worker)
invocations = AsyncInvocations("invocations", function=failing, retries=0)
schedule = Schedule("each-minute", function=worker)
pulumi.export("path", pulumi.Output.concat(api.api_id, "/", api.stage_name))
pulumi.export("echo", echo.function_name)
pulumi.export("failing", failing.target_arn)
pulumi.export("failed", invocations.failed_queue_name)
pulumi.export("queue", queue.queue_url)
pulumi.export("worker", worker.target_arn)
pulumi.export("workerLogs", worker.log_group_name)
pulumi.export("schedule", schedule.schedule_name)
"""
CODE = """
import json
import os

import boto3

MARK = "one"


def handler(event, context):
    identity = boto3.client("sts").get_caller_identity()["Arn"] if event.get("body") else ""
    reply = {
        "mark": MARK,
        "invoked": context.invoked_function_arn.split(":")[7:],
        "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "initialization": os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE"),
        "has_key_pair": "AWS_ACCESS_KEY_ID" in os.environ,
        "role": identity.split("/")[-2:-1],
    }
    return {"statusCode": 200, "body": json.dumps(reply)}


def authorize(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "anyone", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def work(event, context):
    print("work", len(event.get("Records", [])))
    return {"batchItemFailures": []}


def fail(event, context):
    raise ValueError("broken")
"""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The program in its folder, as it is deployed."""

    engine: Engine
    folder: Path
    emulator: MiniStack
    gateway: str

    def deploy(self, *, snap_start: bool = True, mark: str = "one") -> None:
        """Write the program and its code, and deploy them."""
        (self.folder / "app" / "app.py").write_text(CODE.replace('"one"', repr(mark)))
        (self.folder / "__main__.py").write_text(PROGRAM.replace("SNAP_START", str(snap_start)))
        self.engine.up(STACK, self.folder)

    @property
    def outputs(self) -> dict[str, Any]:
        return self.engine.outputs(STACK, self.folder)

    def client(self, service: str) -> Any:
        return client(service, self.emulator.environment)

    def ask(self) -> dict[str, Any]:
        """Return what the function of the `$default` route replies to a message."""
        url = f"{self.gateway}/_aws/execute-api/{self.outputs['path']}"
        with connect(url, open_timeout=WAIT_SECONDS) as connection:
            connection.send('{"action": "anything"}')
            return json.loads(connection.recv(timeout=WAIT_SECONDS))

    def versions(self) -> list[str]:
        found = self.client("lambda").list_versions_by_function(FunctionName=self.outputs["echo"])
        return [entry["Version"] for entry in found["Versions"]]


@pytest.fixture(scope="module")
def gateway(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway in front of the emulator."""
    with local_gateway(emulator, tmp_path_factory.mktemp("gateway") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, emulator: MiniStack, gateway: str
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("snapshots")
    (folder / "app").mkdir()
    (folder / "Pulumi.yaml").write_text("name: snapshots\nruntime: python\n")
    engine.select(STACK, folder)
    made = Stack(engine=engine, folder=folder, emulator=emulator, gateway=gateway)
    made.deploy()
    yield made
    engine.destroy(STACK, folder)


def test_a_request_runs_in_the_version_of_the_alias_with_the_endpoint_s_credentials(stack: Stack) -> None:
    reply = stack.ask()
    (role,) = reply.pop("role")
    assert role.startswith("echo-role")
    assert reply == {
        "mark": "one",
        "invoked": ["live"],
        "version": "1",
        "initialization": "snap-start",
        "has_key_pair": False,
    }


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    assert {step["op"] for step in stack.engine.plan(STACK, stack.folder)} == {"same"}
    stack.engine.refresh(STACK, stack.folder, "--expect-no-changes")
    assert stack.versions() == ["$LATEST", "1"]


def test_the_queue_delivers_to_the_alias(stack: Stack) -> None:
    stack.client("sqs").send_message(QueueUrl=stack.outputs["queue"], MessageBody="{}")
    logs = stack.client("logs")

    def has_run() -> bool:
        events = logs.filter_log_events(logGroupName=stack.outputs["workerLogs"])["events"]
        return any(event["message"].strip() == "work 1" for event in events)

    assert wait_until(has_run, WAIT_SECONDS)
    (mapping,) = stack.client("lambda").list_event_source_mappings(FunctionName=stack.outputs["worker"])[
        "EventSourceMappings"
    ]
    assert mapping["FunctionArn"].endswith(":live")


def test_the_schedule_invokes_the_alias(stack: Stack) -> None:
    target = stack.client("scheduler").get_schedule(Name=stack.outputs["schedule"])["Target"]
    assert target["Arn"] == stack.outputs["worker"]
    assert target["Arn"].endswith(":live")


def test_an_asynchronous_invocation_of_the_alias_has_the_limits_of_the_alias(stack: Stack) -> None:
    queues = stack.client("sqs")
    url = queues.get_queue_url(QueueName=stack.outputs["failed"])["QueueUrl"]
    stack.client("lambda").invoke(
        FunctionName=stack.outputs["failing"], InvocationType="Event", Payload=b'{"depth": 1}'
    )
    messages: list[dict[str, Any]] = []

    def has_arrived() -> bool:
        messages.extend(queues.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", []))
        return bool(messages)

    assert wait_until(has_arrived, WAIT_SECONDS)
    record = json.loads(messages[0]["Body"])
    assert record["requestPayload"] == {"depth": 1}
    assert "broken" in record["responsePayload"]["errorMessage"]


def test_a_change_of_the_code_publishes_a_version_and_moves_the_alias(stack: Stack) -> None:
    before = stack.versions()
    stack.deploy(mark="two")
    newest = str(int(before[-1]) + 1)
    assert stack.versions() == [*before, newest]
    reply = stack.ask()
    assert (reply["mark"], reply["version"], reply["invoked"]) == ("two", newest, ["live"])


def test_code_that_is_replaced_as_by_make_watch_goes_live_and_former_versions_can_be_deleted(
    stack: Stack,
) -> None:
    functions, echo, before = stack.client("lambda"), stack.outputs["echo"], stack.versions()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", CODE.replace('"one"', '"edited"'))
    functions.update_function_code(FunctionName=echo, ZipFile=archive.getvalue())
    publish(functions, echo)
    newest = str(int(before[-1]) + 1)
    assert prune_versions(functions, [echo]) == [f"{echo}:{version}" for version in before[1:]]
    assert stack.versions() == ["$LATEST", newest]
    reply = stack.ask()
    assert (reply["mark"], reply["version"]) == ("edited", newest)
    assert prune_versions(functions, [echo]) == []


def test_without_the_option_requests_run_in_the_function_again(stack: Stack) -> None:
    """The versions stay, with their snapshots, until they are deleted."""
    stack.deploy(snap_start=False)
    reply = stack.ask()
    assert (reply["invoked"], reply["version"], reply["has_key_pair"]) == ([], "$LATEST", True)
    functions, echo = stack.client("lambda"), stack.outputs["echo"]
    assert functions.list_aliases(FunctionName=echo)["Aliases"] == []
    published = stack.versions()[1:]
    assert prune_versions(functions, [echo]) == [f"{echo}:{version}" for version in published]
    assert published

"""Starting and stopping the local AWS, the guard in front of it, and the one line that each failure gives."""

import http.client
import json
import socket
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pulumi_local_aws.aws import client
from pulumi_local_aws.errors import EmulatorError
from pulumi_local_aws.files import private_folder
from pulumi_local_aws.guarded_ministack import refusal_reason
from pulumi_local_aws.iam_record import PATH as IAM_DECISIONS
from pulumi_local_aws.iam_record import IamRecord
from pulumi_local_aws.ministack import ACCOUNT_ID, DEFAULT_PYTHON, MiniStack
from pulumi_local_aws.processes import free_port, group_is_alive

KEYS = ("AKIATESTTESTTESTTEST", "a-secret-for-tests")


def _fake_python(folder: Path, script: str) -> Path:
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


def test_a_missing_virtual_environment_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="run `local-aws install`"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=tmp_path / "none")


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"Port {port} is taken"):
            MiniStack.start(tmp_path, port, *KEYS, tmp_path / "log", python=_fake_python(tmp_path, "exit 0"))
    assert not (tmp_path / "log").exists()


def test_a_process_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    python = _fake_python(tmp_path, "echo first; echo 'no such module'; echo; exit 3")
    with pytest.raises(EmulatorError, match="died while it started: no such module"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=python)


def test_a_process_that_never_answers_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    python = _fake_python(tmp_path, f"sleep 600 & echo $$ > {tmp_path}/group; wait")
    with pytest.raises(EmulatorError, match=r"not ready after 0\.5 s"):
        MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log", python=python, timeout=0.5)
    assert not group_is_alive(int((tmp_path / "group").read_text()))


@pytest.mark.emulator
@pytest.mark.skipif(
    not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `local-aws install`"
)
def test_it_answers_its_root_caller_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log") as stack:
        assert client("sts", stack.environment).get_caller_identity()["Account"] == ACCOUNT_ID
        assert "a-secret-for-tests" not in repr(stack)
    assert not group_is_alive(stack.pid)
    assert not stack.is_ready()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "attacker.example:4566"}, id="a rebound name"),
        pytest.param({"host": ""}, id="no name"),
        pytest.param({"host": "amazonaws.com.attacker.example"}, id="a name that begins like AWS's"),
        pytest.param({"host": "127.0.0.1:4566", "origin": "https://attacker.example"}, id="a foreign page"),
        pytest.param({"host": "127.0.0.1:4566", "origin": "null"}, id="a page without an origin"),
        pytest.param(
            {"host": "localhost:4566", "origin": "http://localhost.attacker.example"},
            id="a page that looks local",
        ),
        pytest.param({"host": "127.0.0.1:4566", "sec-fetch-site": "cross-site"}, id="an image of a page"),
    ],
)
def test_a_foreign_web_page_is_refused(headers: dict[str, str]) -> None:
    assert refusal_reason(headers) is not None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "127.0.0.1:4566"}, id="an SDK"),
        pytest.param({"host": "[::1]:4566"}, id="IPv6"),
        pytest.param({"host": "abc.execute-api.localhost:4566"}, id="an API's own name"),
        pytest.param({"host": "d111.cloudfront.net"}, id="a distribution's name"),
        pytest.param(
            {"host": "127.0.0.1:4566", "origin": "http://localhost:5173", "sec-fetch-site": "cross-site"},
            id="a page of this machine",
        ),
        pytest.param({"host": "localhost:4566", "sec-fetch-site": "none"}, id="the address bar"),
    ],
)
def test_clients_of_this_machine_are_served(headers: dict[str, str]) -> None:
    assert refusal_reason(headers) is None


def _status(port: int, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.emulator
@pytest.mark.skipif(
    not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `local-aws install`"
)
def test_a_web_page_cannot_wipe_the_local_aws(tmp_path: Path) -> None:
    """The reset takes no signature, so only the guard stops a page."""
    with MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log") as stack:
        queues = client("sqs", stack.environment)
        queues.create_queue(QueueName="kept")
        for headers in ({"Origin": "https://attacker.example"}, {"Host": f"attacker.example:{stack.port}"}):
            assert _status(stack.port, "POST", "/_ministack/reset", headers) == 403
        assert len(queues.list_queues()["QueueUrls"]) == 1
        page = {"Origin": "http://127.0.0.1:5173"}
        assert _status(stack.port, "POST", "/_ministack/reset", page) == 200
        assert not queues.list_queues().get("QueueUrls")


@pytest.mark.emulator
@pytest.mark.skipif(
    not DEFAULT_PYTHON.exists(), reason="the local AWS is not installed: run `local-aws install`"
)
def test_decisions_of_iam_are_recorded_once_with_principal_and_resource(tmp_path: Path) -> None:
    with MiniStack.start(tmp_path, free_port(), *KEYS, tmp_path / "log") as stack:
        iam = client("iam", stack.environment)
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        policy = {"Statement": [{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}]}
        iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=json.dumps(policy))
        queues = client(
            "sqs",
            stack.environment
            | {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]},
        )
        queues.list_queues()
        queues.list_queues()
        with pytest.raises(ClientError, match="AccessDenied"):
            queues.create_queue(QueueName="denied")
        address = f"{stack.endpoint_url}{IAM_DECISIONS}"
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- our local AWS
            record = json.load(answer)
    assert record["complete"]
    assert [
        (entry["principal"], entry["action"], entry["resource"].rpartition(":")[2], entry["allowed"])
        for entry in record["decisions"]
    ] == [
        (f"arn:aws:iam::{ACCOUNT_ID}:user/reader", "sqs:ListQueues", "*", True),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/reader", "sqs:CreateQueue", "denied", False),
    ]


def test_a_record_of_iam_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_local_aws.iam_record.MAX_DECISIONS", 1)
    record = IamRecord()
    stage = "arn:aws:execute-api:us-east-1:000000000000:api/live/POST"
    for connection in ("one", "two"):
        record.add("role", "execute-api:ManageConnections", f"{stage}/@connections/{connection}", True)
    assert json.loads(record.to_json())["complete"]
    record.add("role", "dynamodb:GetItem", "table", True)
    kept = json.loads(record.to_json())
    assert not kept["complete"]
    assert [entry["resource"] for entry in kept["decisions"]] == [f"{stage}/@connections/*"]


def test_a_folder_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    folder = tmp_path / "made-earlier"
    folder.mkdir(mode=0o755)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700

"""Test that a role that is correct for AWS works on the emulator, and reads back unchanged."""

import json
from typing import Any

import pytest

from pulumi_local_aws.provider.batch_permissions import (
    add_batch_actions,
    remove_batch_actions,
    unknown_batch_actions,
)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": ["*"]}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("sqs:SendMessage", ["sqs:SendMessage", "sqs:SendMessageBatch"]),
        (["sqs:ReceiveMessage"], ["sqs:ReceiveMessage"]),
        (
            ["sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            [
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessageBatch",
                "sqs:ChangeMessageVisibilityBatch",
            ],
        ),
    ],
)
def test_permission_for_an_operation_covers_its_batch(given: str | list[str], wanted: list[str]) -> None:
    document = policy(allow("s3:GetObject"), allow(given))
    written = add_batch_actions(document)
    assert json.loads(written)["Statement"][0] == allow("s3:GetObject")
    actions = json.loads(written)["Statement"][1]["Action"]
    assert actions == wanted
    assert remove_batch_actions(written, document) == document
    read = json.loads(remove_batch_actions(written))["Statement"][1]["Action"]
    assert read == ([given] if isinstance(given, str) else given)


@pytest.mark.parametrize("pattern", ["sqs:*", "sqs:Send*", "SQS:SendMessage*", "*"])
def test_a_pattern_that_covers_the_batch_is_unchanged(pattern: str) -> None:
    document = policy(allow(pattern))
    assert add_batch_actions(document) == document


def test_a_pattern_for_the_operation_alone_covers_its_batch() -> None:
    written = json.loads(add_batch_actions(policy(allow("sqs:SendMessag?"))))
    assert written["Statement"][0]["Action"] == ["sqs:SendMessag?", "sqs:SendMessageBatch"]


def test_an_excluded_operation_excludes_its_batch() -> None:
    statement = {"Effect": "Allow", "NotAction": "sqs:DeleteMessage", "Resource": "*"}
    written = json.loads(add_batch_actions(policy(statement)))["Statement"][0]
    assert written["NotAction"] == ["sqs:DeleteMessage", "sqs:DeleteMessageBatch"]


@pytest.mark.parametrize("action", ["sqs:SendMessageBatch", "sqs:*MessageBatch", "sqs:sendmessagebatch"])
def test_a_permission_that_aws_does_not_have_is_refused(action: str) -> None:
    reasons = list(unknown_batch_actions(policy(allow(["s3:GetObject", action]))))
    assert reasons[0] == "AWS has no permission 'sqs:SendMessageBatch': the batch needs 'sqs:SendMessage'"
    assert not list(unknown_batch_actions(policy(allow(["sqs:SendMessage", "sqs:SendMessageBatch"]))))


def test_a_policy_without_sqs_actions_is_unchanged() -> None:
    document = '{ "Statement": {"Action": "s3:*"} }'
    assert add_batch_actions(document) == remove_batch_actions(document) == document

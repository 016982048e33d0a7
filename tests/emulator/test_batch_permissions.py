"""Test that a role that is correct for AWS works on the emulator, and reads back unchanged."""

import json
from typing import Any

import pytest

from pulumi_local_aws.provider.batch_permissions import add_batch_actions, remove_batch_actions


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
    there = add_batch_actions(policy(allow("s3:GetObject"), allow(given)))
    assert json.loads(there)["Statement"] == [allow(["s3:GetObject"]), allow(wanted)]
    as_given = json.loads(remove_batch_actions(there))["Statement"][1]["Action"]
    assert as_given == ([given] if isinstance(given, str) else given)


def test_a_policy_without_sqs_actions_is_unchanged() -> None:
    document = '{ "Statement": {"Action": "s3:*"} }'
    assert add_batch_actions(document) == remove_batch_actions(document) == document

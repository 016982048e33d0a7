"""A role that is right for AWS is right for the emulator, and reads back as it was given."""

import json
from typing import Any

import pytest

from pulumi_local_aws.provider.batch_permissions import with_batches, without_batches


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
def test_who_may_do_one_may_do_a_batch(given: str | list[str], wanted: list[str]) -> None:
    there = with_batches(policy(allow("s3:GetObject"), allow(given)))
    assert json.loads(there)["Statement"] == [allow(["s3:GetObject"]), allow(wanted)]
    as_given = json.loads(without_batches(there))["Statement"][1]["Action"]
    assert as_given == ([given] if isinstance(given, str) else given)


def test_other_policies_are_left_as_they_are_written() -> None:
    document = '{ "Statement": {"Action": "s3:*"} }'
    assert with_batches(document) == without_batches(document) == document

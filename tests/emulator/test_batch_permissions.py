"""Test that a policy with a permission that AWS does not have is refused."""

import json
from typing import Any

import pytest

from pulumi_local_aws.provider.batch_permissions import unknown_batch_actions


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": ["*"]}


@pytest.mark.parametrize("action", ["sqs:SendMessageBatch", "sqs:*MessageBatch", "sqs:sendmessagebatch"])
def test_a_permission_that_aws_does_not_have_is_refused(action: str) -> None:
    reasons = list(unknown_batch_actions(policy(allow(["s3:GetObject", action]))))
    assert reasons[0] == "AWS has no permission 'sqs:SendMessageBatch': the batch needs 'sqs:SendMessage'"
    assert not list(unknown_batch_actions(policy(allow(["sqs:SendMessage", "sqs:SendMessageBatch"]))))


@pytest.mark.parametrize("action", ["sqs:*", "sqs:Send*", "SQS:SendMessage*", "*", "s3:*"])
def test_a_pattern_for_the_operation_and_its_batch_is_allowed(action: str) -> None:
    assert not list(unknown_batch_actions(policy(allow(action))))

"""Each function's role grants what the function used over the whole end-to-end run, and nothing else."""

from fnmatch import fnmatch

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.iam_usage import Permission, iam_usage

pytestmark = [pytest.mark.emulator, pytest.mark.engine, pytest.mark.whole_run]

CALLED_BY_LAMBDA = {
    ("*", "logs:*", "*"): "writes log lines",
    ("fan_out", "sqs:ReceiveMessage", "*"): "polls the queue",
    ("fan_out", "sqs:DeleteMessage", "*"): "polls the queue",
    ("fan_out", "sqs:GetQueueAttributes", "*"): "polls the queue",
    ("presence", "dynamodb:GetRecords", "*"): "polls the stream",
    ("presence", "dynamodb:GetShardIterator", "*"): "polls the stream",
    ("presence", "dynamodb:DescribeStream", "*"): "polls the stream",
    ("presence", "dynamodb:ListStreams", "*"): "polls the stream",
    ("keep_alive", "sqs:SendMessage", "*-invocations-failed-*"): "keeps the event of a failed run",
}
"""By function, action and resource: what Lambda does under the role. The local AWS does it by itself."""
SELDOM_USED = {
    ("join_session", "dynamodb:GetItem", "*-connections-*"): "a listener leaves while its language changes",
    ("join_session", "dynamodb:DeleteItem", "*"): "a session ends while it is joined, or an old row is left",
    ("keep_alive", "lambda:InvokeFunction", "*"): "more is due than one run serves within its time-out",
}
"""Why no end-to-end test needs a permission. Tests of the use cases take these paths."""
UNSEEN = CALLED_BY_LAMBDA | SELDOM_USED


def test_no_function_was_denied_an_action(whole_run: Deployment) -> None:
    assert not sorted(iam_usage(whole_run).denied)


def test_no_role_grants_what_its_function_did_not_use(whole_run: Deployment) -> None:
    usage = iam_usage(whole_run)
    assert usage.used
    unused = [grant for grant in usage.granted if not any(grant.covers(used) for used in usage.used)]
    assert not sorted(grant for grant in unused if not any(_concerns(entry, grant) for entry in UNSEEN))


def test_each_exception_is_granted(whole_run: Deployment) -> None:
    granted = iam_usage(whole_run).granted
    assert not [entry for entry in UNSEEN if not any(_concerns(entry, grant) for grant in granted)]


def _concerns(entry: tuple[str, str, str], grant: Permission) -> bool:
    values = (grant.function, grant.action, grant.resource)
    return all(fnmatch(value, pattern) for value, pattern in zip(values, entry, strict=True))

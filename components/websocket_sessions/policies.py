"""IAM policy documents, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import field

from pulumi import Input, Output

from websocket_sessions.arguments import arguments, check
from websocket_sessions.plain_arguments import CHECKED_AS_PERMISSION, plain_because

_VERSION = "2012-10-17"


@arguments
class PolicyStatement:
    """Actions that are allowed on resources."""

    actions: Sequence[str] = field(metadata=plain_because(CHECKED_AS_PERMISSION))
    """Actions with their service, such as `dynamodb:PutItem`; no wildcard."""
    resources: Input[Sequence[Input[str]]]
    """ARNs."""

    def __post_init__(self) -> None:
        """Refuse an action that allows more than it names."""
        for action in self.actions:
            check("actions", action, "allowed is service:Action without a wildcard", when="*" not in action)


def policy_document(statements: Sequence[PolicyStatement]) -> Output[str]:
    """Return the policy that allows these statements."""
    return Output.json_dumps(
        {
            "Version": _VERSION,
            "Statement": [
                {"Effect": "Allow", "Action": sorted(item.actions), "Resource": item.resources}
                for item in statements
            ],
        }
    )


def trust_document(service: str) -> str:
    """Return the policy by which an AWS service may assume a role."""
    return json.dumps({"Version": _VERSION, "Statement": [_trust(service)]})


def trust_document_within(service: str, arn: Input[str]) -> Output[str]:
    """Return the trust policy for a service that acts for many accounts: only an ARN's account may use it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    account = Output.from_input(arn).apply(lambda known: known.split(":")[4])
    statement = {**_trust(service), "Condition": {"StringEquals": {"aws:SourceAccount": account}}}
    return Output.json_dumps({"Version": _VERSION, "Statement": [statement]})


def _trust(service: str) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}

"""What the roles of the functions grant, and what the local AWS saw them use."""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pulumi_local_aws.aws import client
from pulumi_local_aws.iam_record import PATH
from tests.e2e.deployment import Deployment
from tools.dev_stack import clients


@dataclass(frozen=True, order=True, slots=True)
class Permission:
    """An action of a function on a resource; as a grant, the resource is a pattern."""

    function: str
    action: str
    resource: str

    def covers(self, used: "Permission") -> bool:
        """Return whether this grant allows what was used."""
        pattern = re.escape(self.resource).replace(r"\*", ".*")
        return (self.function, self.action) == (used.function, used.action) and bool(
            re.fullmatch(pattern, used.resource)
        )


@dataclass(frozen=True, slots=True)
class IamUsage:
    """What the functions' roles grant, used, and were denied."""

    granted: frozenset[Permission]
    used: frozenset[Permission]
    denied: frozenset[Permission]


def iam_usage(deployment: Deployment) -> IamUsage:
    """Read the roles' policies and the record of decisions from the deployment's local AWS."""
    roles = _roles(deployment)
    functions = {role: function for function, role in roles.items()}
    used, denied = set[Permission](), set[Permission]()
    for decision in _decisions(deployment):
        role = re.search(r":assumed-role/([^/]+)/", decision["principal"])
        if role is None or role[1] not in functions:
            continue
        permission = Permission(functions[role[1]], _as_in_aws(decision["action"]), decision["resource"])
        (used if decision["allowed"] else denied).add(permission)
    granted = {found for function, role in roles.items() for found in _grants(deployment, function, role)}
    return IamUsage(granted=frozenset(granted), used=frozenset(used), denied=frozenset(denied))


def _roles(deployment: Deployment) -> dict[str, str]:
    functions = clients.functions(deployment.aws)
    return {
        handler: functions.get_function_configuration(FunctionName=name)["Role"].rpartition("/")[2]
        for handler, name in deployment.outputs["functionNames"].items()
    }


def _decisions(deployment: Deployment) -> list[dict[str, Any]]:
    address = f"{deployment.aws['AWS_ENDPOINT_URL']}{PATH}"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- the tests' own local AWS
        record = json.load(answer)
    assert record["complete"]
    return record["decisions"]


def _grants(deployment: Deployment, function: str, role: str) -> Iterator[Permission]:
    iam = client("iam", deployment.aws)
    assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = cast(
            "dict[str, Any]", iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        )
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow", statement
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    yield Permission(function, _as_in_aws(action), resource)


def _as_in_aws(action: str) -> str:
    """Return the action by AWS's name: the emulator has permissions of its own for batches of SQS."""
    return action.removesuffix("Batch") if action.startswith("sqs:") else action

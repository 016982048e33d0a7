"""Define IAM's roles and their inline policies, which the emulator enforces."""

import json
from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.batch_permissions import unknown_batch_actions
from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging
from pulumi_local_aws.provider.values import UNKNOWN


class Role(Resource):
    """A role. IAM has no Regions, so there is no `region`."""

    token = "aws:iam/role:Role"
    service = "iam"
    autoname = AutoName()
    tagging = Tagging(
        service="iam",
        address="RoleName",
        by="id",
        as_list=True,
        list_operation="ListRoleTags",
        tag_operation="TagRole",
        untag_operation="UntagRole",
    )
    keys = {"RoleName": "id"}
    create_operation = "CreateRole"
    read_operation = "GetRole"
    delete_operation = "DeleteRole"
    overrides = {
        "assumeRolePolicy": {"api": "AssumeRolePolicyDocument"},
        "forceDetachPolicies": {"local": True},
        "name": {"api": "RoleName"},
        "uniqueId": {"api": "RoleId"},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        return cloud.call("iam", "CreateRole", **self.create_request(inputs), **tags)["Role"]["RoleName"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        role = answer["Role"]
        boundary = get_object(role, "PermissionsBoundary").get("PermissionsBoundaryArn")
        document = role["AssumeRolePolicyDocument"]
        response = {**role, "AssumeRolePolicyDocument": as_text(document), "PermissionsBoundary": boundary}
        return super().outputs(cloud, resource_id, state, response)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "assumeRolePolicy" in changed:
            document = news["assumeRolePolicy"]
            cloud.call("iam", "UpdateAssumeRolePolicy", RoleName=resource_id, PolicyDocument=document)
        if "description" in changed:
            description = news.get("description") or ""
            cloud.call("iam", "UpdateRoleDescription", RoleName=resource_id, Description=description)
        if "maxSessionDuration" in changed:
            duration = news["maxSessionDuration"]
            cloud.call("iam", "UpdateRole", RoleName=resource_id, MaxSessionDuration=duration)
        if "permissionsBoundary" in changed:
            boundary = news.get("permissionsBoundary")
            operation = "PutRolePermissionsBoundary" if boundary else "DeleteRolePermissionsBoundary"
            cloud.call("iam", operation, RoleName=resource_id, PermissionsBoundary=boundary or None)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if state.get("forceDetachPolicies"):
            for name in cloud.pages("iam", "ListRolePolicies", "PolicyNames", RoleName=resource_id):
                cloud.call("iam", "DeleteRolePolicy", RoleName=resource_id, PolicyName=name)
            for attached in cloud.pages(
                "iam", "ListAttachedRolePolicies", "AttachedPolicies", RoleName=resource_id
            ):
                cloud.call("iam", "DetachRolePolicy", RoleName=resource_id, PolicyArn=attached["PolicyArn"])
        super().delete(cloud, resource_id, state)


class RolePolicy(Resource):
    """An inline policy of a role; its id is `ROLE:NAME`."""

    token = "aws:iam/rolePolicy:RolePolicy"
    service = "iam"
    autoname = AutoName()
    create_operation = "PutRolePolicy"
    read_operation = "GetRolePolicy"
    delete_operation = "DeleteRolePolicy"
    overrides = {
        "name": {"api": "PolicyName"},
        "policy": {"api": "PolicyDocument"},
        "role": {"api": "RoleName"},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        return policy_refusals(inputs)

    def create(self, cloud: Cloud, inputs: State) -> str:
        self._put(cloud, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        role, name = resource_id.split(":", 1)
        return {"RoleName": role, "PolicyName": name}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        document = as_text(answer["PolicyDocument"])
        return super().outputs(cloud, resource_id, state, {**answer, "PolicyDocument": document})

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._put(cloud, news)

    def _put(self, cloud: Cloud, inputs: State) -> None:
        cloud.call("iam", "PutRolePolicy", **self.create_request(inputs))

    def locate(self, import_id: str) -> tuple[str, State]:
        if ":" not in import_id:
            raise AwsError("import", "", f"{import_id!r} is not of the form role:policy")
        return import_id, {}


def policy_refusals(inputs: State) -> Iterator[tuple[str, str]]:
    """Yield why AWS would refuse the policy, or ignore a permission in it."""
    document = inputs["policy"]
    if document is UNKNOWN:
        return
    try:
        parsed = json.loads(document)
    except ValueError as error:
        yield "policy", f"is invalid JSON: {error}"
        return
    if not isinstance(parsed, dict):
        yield "policy", "is not an object"
        return
    for reason in unknown_batch_actions(document):
        yield "policy", reason


def as_text(document: Any) -> str:
    """Return a policy as a string: botocore returns it parsed if AWS sends it URL-encoded."""
    return document if isinstance(document, str) else json.dumps(document)


RESOURCES: tuple[type[Resource], ...] = (Role, RolePolicy)

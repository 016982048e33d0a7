"""Define IAM's managed policies and their attachments to roles, which the emulator enforces."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources.iam import as_text, policy_refusals
from pulumi_local_aws.provider.tagging import Tagging

_MAX_VERSIONS = 5


class Policy(Resource):
    """A managed policy; its id is its ARN. A changed document is a new default version."""

    token = "aws:iam/policy:Policy"
    service = "iam"
    autoname = AutoName()
    tagging = Tagging(
        service="iam",
        address="PolicyArn",
        by="id",
        as_list=True,
        list_operation="ListPolicyTags",
        tag_operation="TagPolicy",
        untag_operation="UntagPolicy",
    )
    keys = {"PolicyArn": "id"}
    create_operation = "CreatePolicy"
    read_operation = "GetPolicy"
    delete_operation = "DeletePolicy"
    overrides = {"name": {"api": "PolicyName"}, "policy": {"api": "PolicyDocument"}}

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        return policy_refusals(inputs)

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        answer = cloud.call("iam", "CreatePolicy", **self.create_request(inputs), **tags)
        return answer["Policy"]["Arn"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        found = answer["Policy"]
        version = cloud.call(
            "iam", "GetPolicyVersion", PolicyArn=resource_id, VersionId=found["DefaultVersionId"]
        )
        document = as_text(version["PolicyVersion"]["Document"])
        return super().outputs(cloud, resource_id, state, {**found, "PolicyDocument": document})

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "policy" not in changed:
            return
        versions = _other_versions(cloud, resource_id)
        if len(versions) >= _MAX_VERSIONS - 1:
            cloud.call("iam", "DeletePolicyVersion", PolicyArn=resource_id, VersionId=versions[0])
        cloud.call(
            "iam",
            "CreatePolicyVersion",
            PolicyArn=resource_id,
            PolicyDocument=news["policy"],
            SetAsDefault=True,
        )

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        for version in _other_versions(cloud, resource_id):
            cloud.call("iam", "DeletePolicyVersion", PolicyArn=resource_id, VersionId=version)
        super().delete(cloud, resource_id, state)


class RolePolicyAttachment(Resource):
    """The attachment of a managed policy to a role; its id is `ROLE/POLICY ARN`."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    service = "iam"
    create_operation = "AttachRolePolicy"
    delete_operation = "DetachRolePolicy"
    overrides = {"role": {"api": "RoleName"}}

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("iam", "AttachRolePolicy", **self.create_request(inputs))
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        role, arn = resource_id.split("/", 1)
        if role not in _role_names(cloud):
            return None
        attached = cloud.pages("iam", "ListAttachedRolePolicies", "AttachedPolicies", RoleName=role)
        if arn not in {policy["PolicyArn"] for policy in attached}:
            return None
        return {"role": role, "policyArn": arn}

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        role, arn = resource_id.split("/", 1)
        return {"RoleName": role, "PolicyArn": arn}

    def locate(self, import_id: str) -> tuple[str, State]:
        if "/" not in import_id:
            raise AwsError("import", "", f"{import_id!r} is not of the form role/policyArn")
        return import_id, {}


def _role_names(cloud: Cloud) -> set[str]:
    return {role["RoleName"] for role in cloud.pages("iam", "ListRoles", "Roles")}


def _other_versions(cloud: Cloud, arn: str) -> list[str]:
    """Return the ids of the versions that are not the default one, the oldest first."""
    versions = cloud.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    others = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
    return sorted(others, key=lambda version: int(version.removeprefix("v")))


RESOURCES: tuple[type[Resource], ...] = (Policy, RolePolicyAttachment)

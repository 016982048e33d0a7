"""Define Secrets Manager's secrets and their versions."""

import base64
from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging
from pulumi_local_aws.provider.values import UNKNOWN

_CURRENT = "AWSCURRENT"
_WINDOW_DAYS = range(7, 31)


class Secret(Resource):
    """A secret without a value; its id is its ARN. A deleted one keeps its name for the recovery window."""

    token = "aws:secretsmanager/secret:Secret"
    service = "secretsmanager"
    autoname = AutoName()
    tagging = Tagging(service="secretsmanager", address="SecretId", by="id", as_list=True)
    keys = {"SecretId": "id"}
    id_member = "ARN"
    create_operation = "CreateSecret"
    read_operation = "DescribeSecret"
    update_operation = "UpdateSecret"
    overrides = {
        "arn": {"api": "ARN"},
        "forceOverwriteReplicaSecret": {"local": True},
        "recoveryWindowInDays": {"local": True},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        days = inputs["recoveryWindowInDays"]
        if days is not UNKNOWN and days not in (0, *_WINDOW_DAYS):
            yield "recoveryWindowInDays", f"{days} is neither 0 nor from 7 to 30"

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        request.pop("Policy", None)
        return request

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs.get("policy"):
            self._set_policy(cloud, resource_id, inputs["policy"])

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        if answer.get("DeletedDate"):
            raise NotFound("DescribeSecret", "", f"{resource_id} is scheduled for deletion")
        policy = cloud.call("secretsmanager", "GetResourcePolicy", SecretId=resource_id).get("ResourcePolicy")
        found = super().outputs(cloud, resource_id, state, {**answer, "Policy": policy})
        tags = {entry["Key"]: entry["Value"] for entry in get_list(answer, "Tags")}
        return {**found, "tags": tags}

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            return super().read(cloud, resource_id, state)
        except NotFound:
            return None

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        super().update(cloud, resource_id, state, news, changed - {"policy"})
        if "policy" in changed:
            self._set_policy(cloud, resource_id, news.get("policy"))

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        days = state.get("recoveryWindowInDays")
        window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        cloud.call("secretsmanager", "DeleteSecret", SecretId=resource_id, **window)

    def _set_policy(self, cloud: Cloud, resource_id: str, policy: str | None) -> None:
        operation = "PutResourcePolicy" if policy else "DeleteResourcePolicy"
        cloud.call("secretsmanager", operation, SecretId=resource_id, ResourcePolicy=policy or None)


class SecretVersion(Resource):
    """A value of a secret; its id is `SECRET|VERSION`. AWS keeps the current version when it is deleted."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"
    service = "secretsmanager"
    create_operation = "PutSecretValue"
    read_operation = "GetSecretValue"
    overrides = {"arn": {"api": "ARN"}, "secretArn": {"api": "ARN"}}

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        if (inputs.get("secretString") is None) == (inputs.get("secretBinary") is None):
            yield "secretString", "exactly one of `secretString`, `secretBinary` is required"

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        if isinstance(request.get("SecretBinary"), str):
            request["SecretBinary"] = _decoded(request["SecretBinary"])
        return request

    def create(self, cloud: Cloud, inputs: State) -> str:
        answer = cloud.call("secretsmanager", "PutSecretValue", **self.create_request(inputs))
        return f"{inputs['secretId']}|{answer['VersionId']}"

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        secret, version = resource_id.split("|", 1)
        return {"SecretId": secret, "VersionId": version}

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            return super().read(cloud, resource_id, state)
        except AwsError as error:
            if "marked for deletion" in str(error) or "was deleted" in str(error):
                return None
            raise

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = dict(answer)
        if response.get("SecretBinary") is not None:
            response["SecretBinary"] = base64.b64encode(response["SecretBinary"]).decode()
        found = super().outputs(cloud, resource_id, state, response)
        secret = self.address(resource_id, state)["SecretId"]
        return {**found, "secretId": secret, "hasSecretStringWo": False}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        secret, version = resource_id.split("|", 1)
        wanted, current = set(get_list(news, "versionStages")), set(get_list(state, "versionStages"))
        for stage in sorted(wanted - current):
            holder = _holder(cloud, secret, stage)
            self._move_stage(cloud, secret, stage, MoveToVersionId=version, RemoveFromVersionId=holder)
        self._remove_stages(cloud, secret, version, current - wanted)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        secret, version = resource_id.split("|", 1)
        try:
            self._remove_stages(cloud, secret, version, set(get_list(state, "versionStages")))
        except AwsError as error:
            if "marked for deletion" not in str(error) and "was deleted" not in str(error):
                raise

    def locate(self, import_id: str) -> tuple[str, State]:
        if "|" not in import_id:
            raise AwsError("import", "", f"{import_id!r} is not of the form secretId|versionId")
        return import_id, {}

    def _remove_stages(self, cloud: Cloud, secret: str, version: str, stages: set[str]) -> None:
        """Remove the stages that the version still has; AWS only moves AWSCURRENT."""
        for stage in sorted(stages - {_CURRENT}):
            if _holder(cloud, secret, stage) == version:
                self._move_stage(cloud, secret, stage, RemoveFromVersionId=version)

    def _move_stage(self, cloud: Cloud, secret: str, stage: str, **versions: Any) -> None:
        cloud.call(
            "secretsmanager", "UpdateSecretVersionStage", SecretId=secret, VersionStage=stage, **versions
        )


def _decoded(text: str) -> bytes:
    """Return the bytes of a Base64 text. Raises AwsError if it is invalid."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise AwsError("PutSecretValue", "", f"`secretBinary` is invalid Base64: {error}") from error


def _holder(cloud: Cloud, secret: str, stage: str) -> str | None:
    """Return the version that has the stage, or None."""
    described = cloud.call("secretsmanager", "DescribeSecret", SecretId=secret)
    stages = get_object(described, "VersionIdsToStages")
    return next((version for version, held in stages.items() if stage in held), None)


RESOURCES: tuple[type[Resource], ...] = (Secret, SecretVersion)

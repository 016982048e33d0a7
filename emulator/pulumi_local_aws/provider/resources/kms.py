"""Define KMS's keys and their aliases."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging

_WINDOW_DAYS = range(7, 31)


class Key(Resource):
    """A key; its id is its key id. AWS deletes it after the waiting period."""

    token = "aws:kms/key:Key"
    service = "kms"
    tagging = Tagging(
        service="kms",
        address="KeyId",
        by="id",
        as_list=True,
        list_operation="ListResourceTags",
        key="TagKey",
        value="TagValue",
    )
    keys = {"KeyId": "id"}
    create_operation = "CreateKey"
    read_operation = "DescribeKey"
    overrides = {
        "bypassPolicyLockoutSafetyCheck": {"local": True},
        "customerMasterKeySpec": {"api": "KeySpec"},
        "deletionWindowInDays": {"local": True},
        "isEnabled": {"api": "Enabled"},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        days = inputs.get("deletionWindowInDays")
        if isinstance(days, int) and days not in _WINDOW_DAYS:
            yield "deletionWindowInDays", f"{days} is not from 7 to 30"
        if inputs.get("rotationPeriodInDays") and inputs["enableKeyRotation"] is False:
            yield "rotationPeriodInDays", "requires `enableKeyRotation`"

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        for later in ("EnableKeyRotation", "Enabled", "RotationPeriodInDays"):
            request.pop(later, None)
        return {**request, "BypassPolicyLockoutSafetyCheck": inputs["bypassPolicyLockoutSafetyCheck"]}

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        return cloud.call("kms", "CreateKey", **self.create_request(inputs), **tags)["KeyMetadata"]["KeyId"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs["enableKeyRotation"]:
            _rotate(cloud, resource_id, inputs)
        if not inputs["isEnabled"]:
            cloud.call("kms", "DisableKey", KeyId=resource_id)

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        found = super().read(cloud, resource_id, state)
        return None if found is None or found.pop("deleted") else found

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        metadata = answer["KeyMetadata"]
        deleted = metadata.get("KeyState") in {"PendingDeletion", "PendingReplicaDeletion"}
        found: State = {**super().outputs(cloud, resource_id, state, metadata), "deleted": deleted}
        if deleted:
            return found
        policy = cloud.call("kms", "GetKeyPolicy", KeyId=resource_id, PolicyName="default")["Policy"]
        rotation = cloud.call("kms", "GetKeyRotationStatus", KeyId=resource_id)
        return {
            **found,
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "policy": policy,
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        # A disabled key cannot be changed, so enabling comes first and disabling last.
        if "isEnabled" in changed and news["isEnabled"]:
            cloud.call("kms", "EnableKey", KeyId=resource_id)
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            _rotate(cloud, resource_id, news)
        if "description" in changed:
            cloud.call("kms", "UpdateKeyDescription", KeyId=resource_id, Description=news["description"])
        if "policy" in changed:
            bypass = news["bypassPolicyLockoutSafetyCheck"]
            cloud.call(
                "kms",
                "PutKeyPolicy",
                KeyId=resource_id,
                PolicyName="default",
                Policy=news["policy"],
                BypassPolicyLockoutSafetyCheck=bypass,
            )
        if "isEnabled" in changed and not news["isEnabled"]:
            cloud.call("kms", "DisableKey", KeyId=resource_id)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        days = state.get("deletionWindowInDays")
        cloud.call("kms", "ScheduleKeyDeletion", KeyId=resource_id, PendingWindowInDays=days)


class Alias(Resource):
    """An alias of a key; its id is its name, with `alias/`."""

    token = "aws:kms/alias:Alias"
    service = "kms"
    autoname = AutoName()
    keys = {"AliasName": "id"}
    create_operation = "CreateAlias"
    delete_operation = "DeleteAlias"
    overrides = {"name": {"api": "AliasName"}}

    def finish_name(self, name: str, inputs: State) -> str:
        return f"alias/{name}"

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("kms", "CreateAlias", **self.create_request(inputs))
        return inputs["name"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        aliases = cloud.pages("kms", "ListAliases", "Aliases")
        found = next((alias for alias in aliases if alias["AliasName"] == resource_id), None)
        if found is None:
            return None
        key = found["TargetKeyId"]
        key_arn = cloud.arn("kms", f"key/{key}")
        return {
            "arn": found["AliasArn"],
            "name": resource_id,
            "targetKeyArn": key_arn,
            "targetKeyId": key_arn if state.get("targetKeyId") == key_arn else key,
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        cloud.call("kms", "UpdateAlias", AliasName=resource_id, TargetKeyId=news["targetKeyId"])


def _rotate(cloud: Cloud, resource_id: str, inputs: State) -> None:
    if inputs["enableKeyRotation"]:
        days = inputs.get("rotationPeriodInDays")
        cloud.call("kms", "EnableKeyRotation", KeyId=resource_id, RotationPeriodInDays=days)
    else:
        cloud.call("kms", "DisableKeyRotation", KeyId=resource_id)


RESOURCES: tuple[type[Resource], ...] = (Key, Alias)

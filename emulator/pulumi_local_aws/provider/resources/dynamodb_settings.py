"""Read and write a DynamoDB table's settings that have calls of their own."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import State


def active(cloud: Cloud, name: str) -> None:
    """Wait until the table and its indexes are active."""

    def ready() -> bool:
        response = cloud.call("dynamodb", "DescribeTable", TableName=name)["Table"]
        states = [response["TableStatus"]]
        states += [
            entry.get("IndexStatus", "ACTIVE") for entry in get_list(response, "GlobalSecondaryIndexes")
        ]
        return set(states) == {"ACTIVE"}

    cloud.wait_until(ready, f"the table {name}")


def update_table(cloud: Cloud, name: str, **parameters: Any) -> None:
    """Update the table, and wait until it is active again."""
    cloud.call("dynamodb", "UpdateTable", TableName=name, **parameters)
    active(cloud, name)


def stream(inputs: State) -> dict[str, Any]:
    """Return the stream's specification as AWS takes it."""
    return {"StreamEnabled": True, "StreamViewType": inputs.get("streamViewType")}


def encryption(given: Any) -> dict[str, Any] | None:
    """Return the encryption as AWS takes it, or None if the program omits it."""
    if not given:
        return None
    key = given.get("kmsKeyArn")
    more = {"SSEType": "KMS", "KMSMasterKeyId": key} if key and given["enabled"] else {}
    return {"Enabled": given["enabled"], **more}


def limits(given: dict[str, Any]) -> dict[str, Any]:
    """Return the on-demand limits; -1 means no limit."""
    return {
        "MaxReadRequestUnits": given.get("maxReadRequestUnits") or -1,
        "MaxWriteRequestUnits": given.get("maxWriteRequestUnits") or -1,
    }


def ttl(cloud: Cloud, name: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return the table's time to live; AWS returns no attribute while it is off, so the known one is kept."""
    response = cloud.call("dynamodb", "DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]
    enabled = response.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    attribute = response.get("AttributeName", "") if enabled else known.get("attributeName", "")
    return {"attributeName": attribute, "enabled": enabled}


def set_ttl(cloud: Cloud, name: str, wanted: dict[str, Any]) -> None:
    """Switch time to live on or off."""
    specification = {"AttributeName": wanted["attributeName"], "Enabled": wanted["enabled"]}
    cloud.call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=specification)


def recovery(cloud: Cloud, name: str) -> dict[str, Any]:
    """Return the table's point-in-time recovery."""
    response = cloud.call("dynamodb", "DescribeContinuousBackups", TableName=name)
    point = get_object(response["ContinuousBackupsDescription"], "PointInTimeRecoveryDescription")
    enabled = point.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {
        "enabled": enabled,
        "recoveryPeriodInDays": point.get("RecoveryPeriodInDays") if enabled else None,
    }


def set_recovery(cloud: Cloud, name: str, given: dict[str, Any]) -> None:
    """Switch point-in-time recovery on or off."""
    specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": given["enabled"]}
    if given["enabled"] and given.get("recoveryPeriodInDays"):
        specification["RecoveryPeriodInDays"] = given["recoveryPeriodInDays"]
    cloud.call(
        "dynamodb",
        "UpdateContinuousBackups",
        TableName=name,
        PointInTimeRecoverySpecification=specification,
    )

"""DynamoDB: what a table has beside its keys and indexes, each with calls of its own."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import part, parts
from pulumi_local_aws.provider.resource import State


def active(cloud: Cloud, name: str) -> None:
    """Wait until the table and its indexes are active."""

    def ready() -> bool:
        told = cloud.call("dynamodb", "DescribeTable", TableName=name)["Table"]
        states = [told["TableStatus"]]
        states += [one.get("IndexStatus", "ACTIVE") for one in parts(told, "GlobalSecondaryIndexes")]
        return set(states) == {"ACTIVE"}

    cloud.until(ready, f"the table {name}")


def update_table(cloud: Cloud, name: str, **parameters: Any) -> None:
    """Change the table, and wait until it is active again."""
    cloud.call("dynamodb", "UpdateTable", TableName=name, **parameters)
    active(cloud, name)


def stream(inputs: State) -> dict[str, Any]:
    """The stream as AWS takes it."""
    return {"StreamEnabled": True, "StreamViewType": inputs.get("streamViewType")}


def encryption(given: Any) -> dict[str, Any] | None:
    """The encryption as AWS takes it; None where nothing was said."""
    if not given:
        return None
    key = given.get("kmsKeyArn")
    more = {"SSEType": "KMS", "KMSMasterKeyId": key} if key and given["enabled"] else {}
    return {"Enabled": given["enabled"], **more}


def limits(given: dict[str, Any]) -> dict[str, Any]:
    """The on-demand limits; -1 is none."""
    return {
        "MaxReadRequestUnits": given.get("maxReadRequestUnits") or -1,
        "MaxWriteRequestUnits": given.get("maxWriteRequestUnits") or -1,
    }


def ttl(cloud: Cloud, name: str, known: dict[str, Any]) -> dict[str, Any]:
    """The time to live that the table has; switched off it has no attribute, so the known one stands."""
    told = cloud.call("dynamodb", "DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]
    enabled = told.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    attribute = told.get("AttributeName", "") if enabled else known.get("attributeName", "")
    return {"attributeName": attribute, "enabled": enabled}


def set_ttl(cloud: Cloud, name: str, wanted: dict[str, Any]) -> None:
    """Switch time to live on or off."""
    specification = {"AttributeName": wanted["attributeName"], "Enabled": wanted["enabled"]}
    cloud.call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=specification)


def recovery(cloud: Cloud, name: str) -> dict[str, Any]:
    """The point-in-time recovery that the table has."""
    told = cloud.call("dynamodb", "DescribeContinuousBackups", TableName=name)
    point = part(told["ContinuousBackupsDescription"], "PointInTimeRecoveryDescription")
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

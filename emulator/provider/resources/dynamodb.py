"""DynamoDB: tables."""

from typing import Any

from emulator.provider.cloud import Cloud, NotFound
from emulator.provider.resource import REGION, TAGS, AutoName, Resource, State
from emulator.provider.resources.dynamodb_indexes import (
    change_indexes,
    index_from_api,
    index_to_api,
    key_schema,
    throughput,
)
from emulator.provider.schema import block, boolean, integer, ordered, output, text, texts, unordered
from emulator.provider.tagging import Tagging

_ON_DEMAND = "PAY_PER_REQUEST"
_INDEX = {
    "hashKey": text(computed=True),
    "keySchemas": ordered(
        block({"attributeName": text(required=True), "keyType": text(required=True)}), computed=True
    ),
    "name": text(required=True),
    "nonKeyAttributes": texts(),
    "projectionType": text(required=True),
    "rangeKey": text(computed=True),
    "readCapacity": integer(computed=True),
    "writeCapacity": integer(computed=True),
}
_LOCAL_INDEX = {
    "name": text(required=True),
    "nonKeyAttributes": ordered(text()),
    "projectionType": text(required=True),
    "rangeKey": text(required=True),
}


class Table(Resource):
    """A table, its indexes, stream, time to live and recovery."""

    token = "aws:dynamodb/table:Table"
    service = "dynamodb"
    autoname = AutoName()
    tagging = Tagging(
        service="dynamodb", address="ResourceArn", as_list=True, list_operation="ListTagsOfResource"
    )
    keys = {"TableName": "id"}
    create_operation = "CreateTable"
    read_operation = "DescribeTable"
    delete_operation = "DeleteTable"
    shaping = ("attributes", "globalSecondaryIndexes", "localSecondaryIndexes", "hashKey", "billingMode")
    table = {
        "attributes": unordered({"name": text(required=True), "type": text(required=True)}, computed=True),
        "billingMode": text(default="PROVISIONED"),
        "deletionProtectionEnabled": boolean(),
        "globalSecondaryIndexes": unordered(_INDEX),
        "hashKey": text(computed=True, replace=True),
        "localSecondaryIndexes": unordered(_LOCAL_INDEX, replace=True),
        "name": text(replace=True),
        "onDemandThroughput": block(
            {"maxReadRequestUnits": integer(computed=True), "maxWriteRequestUnits": integer(computed=True)}
        ),
        "pointInTimeRecovery": block(
            {"enabled": boolean(required=True), "recoveryPeriodInDays": integer(computed=True)},
            computed=True,
        ),
        "rangeKey": text(replace=True),
        "readCapacity": integer(computed=True),
        "serverSideEncryption": block(
            {"enabled": boolean(required=True), "kmsKeyArn": text(computed=True)}, computed=True
        ),
        "streamEnabled": boolean(),
        "streamViewType": text(computed=True),
        "tableClass": text(),
        "ttl": block({"attributeName": text(), "enabled": boolean(default=False)}, computed=True),
        "writeCapacity": integer(computed=True),
        "arn": output(),
        "streamArn": output(),
        "streamLabel": output(),
        **REGION,
        **TAGS,
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        billing = inputs["billingMode"]
        request: dict[str, Any] = {
            "TableName": inputs["name"],
            "AttributeDefinitions": [
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in inputs["attributes"]
            ],
            "KeySchema": key_schema(inputs),
            "BillingMode": billing,
            "DeletionProtectionEnabled": inputs.get("deletionProtectionEnabled"),
            "TableClass": inputs.get("tableClass"),
            "SSESpecification": _encryption(inputs.get("serverSideEncryption")),
            "StreamSpecification": _stream(inputs) if inputs.get("streamEnabled") else None,
        }
        if billing != _ON_DEMAND:
            request["ProvisionedThroughput"] = throughput(inputs)
        limits = inputs.get("onDemandThroughput")
        if limits:
            request["OnDemandThroughput"] = _limits(limits)
        for name, member in (
            ("globalSecondaryIndexes", "GlobalSecondaryIndexes"),
            ("localSecondaryIndexes", "LocalSecondaryIndexes"),
        ):
            if inputs.get(name):
                request[member] = [index_to_api(one, inputs, billing) for one in inputs[name]]
        return {name: value for name, value in request.items() if value is not None}

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("dynamodb", "CreateTable", **self.create_request(inputs), **tags)
        return inputs["name"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        active(cloud, resource_id)
        if (inputs.get("ttl") or {}).get("enabled"):
            _set_ttl(cloud, resource_id, inputs["ttl"])
        if (inputs.get("pointInTimeRecovery") or {}).get("enabled"):
            _set_recovery(cloud, resource_id, inputs["pointInTimeRecovery"])

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        told = answer["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in told["KeySchema"]}
        billing = (told.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        stream = told.get("StreamSpecification") or {}
        units = told.get("ProvisionedThroughput") or {}
        encryption = told.get("SSEDescription") or {}
        globals_ = told.get("GlobalSecondaryIndexes") or []
        limits = told.get("OnDemandThroughput") or {}
        return {
            "arn": told["TableArn"],
            "attributes": [
                {"name": one["AttributeName"], "type": one["AttributeType"]}
                for one in told["AttributeDefinitions"]
            ],
            "billingMode": billing,
            "deletionProtectionEnabled": told.get("DeletionProtectionEnabled", False),
            "globalSecondaryIndexes": [index_from_api(one) for one in globals_],
            "hashKey": keys["HASH"],
            "localSecondaryIndexes": [
                {name: value for name, value in index_from_api(one).items() if name in _LOCAL_INDEX}
                for one in told.get("LocalSecondaryIndexes") or []
            ],
            "name": told["TableName"],
            "onDemandThroughput": {
                "maxReadRequestUnits": limits.get("MaxReadRequestUnits"),
                "maxWriteRequestUnits": limits.get("MaxWriteRequestUnits"),
            }
            if limits
            else None,
            "pointInTimeRecovery": _recovery(cloud, resource_id),
            "rangeKey": keys.get("RANGE"),
            "readCapacity": units.get("ReadCapacityUnits", 0),
            "serverSideEncryption": {
                "enabled": encryption.get("Status") == "ENABLED",
                "kmsKeyArn": encryption.get("KMSMasterKeyArn"),
            },
            "streamArn": told.get("LatestStreamArn", "") if stream.get("StreamEnabled") else "",
            "streamEnabled": bool(stream.get("StreamEnabled")),
            "streamLabel": told.get("LatestStreamLabel", "") if stream.get("StreamEnabled") else "",
            "streamViewType": stream.get("StreamViewType", ""),
            "tableClass": (told.get("TableClassSummary") or {}).get("TableClass", "STANDARD")
            if state.get("tableClass")
            else None,
            "ttl": _ttl(cloud, resource_id),
            "writeCapacity": units.get("WriteCapacityUnits", 0),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        request: dict[str, Any] = {}
        billing = news["billingMode"]
        if "billingMode" in changed:
            request["BillingMode"] = billing
        if billing != _ON_DEMAND and changed & {"billingMode", "readCapacity", "writeCapacity"}:
            request["ProvisionedThroughput"] = throughput(news)
        if "deletionProtectionEnabled" in changed:
            request["DeletionProtectionEnabled"] = bool(news.get("deletionProtectionEnabled"))
        if "onDemandThroughput" in changed:
            request["OnDemandThroughput"] = _limits(news.get("onDemandThroughput") or {})
        if request:
            _update(cloud, resource_id, **request)
        if "tableClass" in changed:
            _update(cloud, resource_id, TableClass=news.get("tableClass") or "STANDARD")
        if "serverSideEncryption" in changed:
            _update(cloud, resource_id, SSESpecification=_encryption(news.get("serverSideEncryption")))
        if changed & {"streamEnabled", "streamViewType"}:
            if state.get("streamEnabled"):
                # A stream's view type can only be set while it is made.
                _update(cloud, resource_id, StreamSpecification={"StreamEnabled": False})
            if news.get("streamEnabled"):
                _update(cloud, resource_id, StreamSpecification=_stream(news))
        if "globalSecondaryIndexes" in changed:
            for step in change_indexes(state, news):
                _update(cloud, resource_id, **step)
        if "ttl" in changed:
            _set_ttl(cloud, resource_id, news.get("ttl") or {**state["ttl"], "enabled": False})
        if "pointInTimeRecovery" in changed:
            _set_recovery(cloud, resource_id, news.get("pointInTimeRecovery") or {"enabled": False})

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        super().delete(cloud, resource_id, state)

        def gone() -> bool:
            try:
                cloud.call("dynamodb", "DescribeTable", TableName=resource_id)
            except NotFound:
                return True
            return False

        cloud.until(gone, f"deleting the table {resource_id}")


def active(cloud: Cloud, name: str) -> None:
    """Wait until the table and its indexes are active."""

    def ready() -> bool:
        told = cloud.call("dynamodb", "DescribeTable", TableName=name)["Table"]
        states = [told["TableStatus"]]
        states += [one.get("IndexStatus", "ACTIVE") for one in told.get("GlobalSecondaryIndexes") or []]
        return set(states) == {"ACTIVE"}

    cloud.until(ready, f"the table {name}")


def _update(cloud: Cloud, name: str, **parameters: Any) -> None:
    cloud.call("dynamodb", "UpdateTable", TableName=name, **parameters)
    active(cloud, name)


def _stream(inputs: State) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": inputs.get("streamViewType")}


def _encryption(given: Any) -> dict[str, Any] | None:
    if not given:
        return None
    key = given.get("kmsKeyArn")
    more = {"SSEType": "KMS", "KMSMasterKeyId": key} if key and given["enabled"] else {}
    return {"Enabled": given["enabled"], **more}


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "MaxReadRequestUnits": given.get("maxReadRequestUnits") or -1,
        "MaxWriteRequestUnits": given.get("maxWriteRequestUnits") or -1,
    }


def _ttl(cloud: Cloud, name: str) -> dict[str, Any]:
    told = cloud.call("dynamodb", "DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]
    enabled = told.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    return {"attributeName": told.get("AttributeName", "") if enabled else "", "enabled": enabled}


def _set_ttl(cloud: Cloud, name: str, ttl: dict[str, Any]) -> None:
    specification = {"AttributeName": ttl["attributeName"], "Enabled": ttl["enabled"]}
    cloud.call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=specification)


def _recovery(cloud: Cloud, name: str) -> dict[str, Any]:
    told = cloud.call("dynamodb", "DescribeContinuousBackups", TableName=name)
    point = told["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
    enabled = point.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {
        "enabled": enabled,
        "recoveryPeriodInDays": point.get("RecoveryPeriodInDays") if enabled else None,
    }


def _set_recovery(cloud: Cloud, name: str, given: dict[str, Any]) -> None:
    specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": given["enabled"]}
    if given["enabled"] and given.get("recoveryPeriodInDays"):
        specification["RecoveryPeriodInDays"] = given["recoveryPeriodInDays"]
    cloud.call(
        "dynamodb",
        "UpdateContinuousBackups",
        TableName=name,
        PointInTimeRecoverySpecification=specification,
    )


RESOURCES: tuple[type[Resource], ...] = (Table,)

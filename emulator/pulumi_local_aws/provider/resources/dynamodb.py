"""Define DynamoDB's tables."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources import dynamodb_settings as settings
from pulumi_local_aws.provider.resources.dynamodb_indexes import (
    change_indexes,
    index_fields,
    index_from_api,
    index_to_api,
    key_schema,
    throughput,
)
from pulumi_local_aws.provider.tagging import Tagging

_ON_DEMAND = "PAY_PER_REQUEST"


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
    overrides = {
        "globalSecondaryIndexes.rangeKey": {"computed": True, "because": "pulumi-aws decides it at run time"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        billing = inputs["billingMode"]
        request: dict[str, Any] = {
            "TableName": inputs["name"],
            "AttributeDefinitions": [
                {"AttributeName": entry["name"], "AttributeType": entry["type"]}
                for entry in inputs["attributes"]
            ],
            "KeySchema": key_schema(inputs),
            "BillingMode": billing,
            "DeletionProtectionEnabled": inputs.get("deletionProtectionEnabled"),
            "TableClass": inputs.get("tableClass"),
            "SSESpecification": settings.encryption(inputs.get("serverSideEncryption")),
            "StreamSpecification": settings.stream(inputs) if inputs.get("streamEnabled") else None,
        }
        if billing != _ON_DEMAND:
            request["ProvisionedThroughput"] = throughput(inputs)
        limits = inputs.get("onDemandThroughput")
        if limits:
            request["OnDemandThroughput"] = settings.limits(limits)
        for name, member in (
            ("globalSecondaryIndexes", "GlobalSecondaryIndexes"),
            ("localSecondaryIndexes", "LocalSecondaryIndexes"),
        ):
            if inputs.get(name):
                request[member] = [index_to_api(entry, inputs, billing) for entry in inputs[name]]
        return {name: value for name, value in request.items() if value is not None}

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("dynamodb", "CreateTable", **self.create_request(inputs), **tags)
        return inputs["name"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        settings.active(cloud, resource_id)
        if get_object(inputs, "ttl").get("enabled"):
            settings.set_ttl(cloud, resource_id, inputs["ttl"])
        if get_object(inputs, "pointInTimeRecovery").get("enabled"):
            settings.set_recovery(cloud, resource_id, inputs["pointInTimeRecovery"])

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = answer["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in response["KeySchema"]}
        billing = get_object(response, "BillingModeSummary").get("BillingMode", "PROVISIONED")
        stream = get_object(response, "StreamSpecification")
        units = get_object(response, "ProvisionedThroughput")
        encryption = get_object(response, "SSEDescription")
        globals_ = get_list(response, "GlobalSecondaryIndexes")
        limits = get_object(response, "OnDemandThroughput")
        local = index_fields(self.table["localSecondaryIndexes"])
        return {
            "arn": response["TableArn"],
            "attributes": [
                {"name": entry["AttributeName"], "type": entry["AttributeType"]}
                for entry in response["AttributeDefinitions"]
            ],
            "billingMode": billing,
            "deletionProtectionEnabled": response.get("DeletionProtectionEnabled", False),
            "globalSecondaryIndexes": [index_from_api(entry) for entry in globals_],
            "hashKey": keys["HASH"],
            "localSecondaryIndexes": [
                {name: value for name, value in index_from_api(entry).items() if name in local}
                for entry in get_list(response, "LocalSecondaryIndexes")
            ],
            "name": response["TableName"],
            "onDemandThroughput": {
                "maxReadRequestUnits": limits.get("MaxReadRequestUnits"),
                "maxWriteRequestUnits": limits.get("MaxWriteRequestUnits"),
            }
            if limits
            else None,
            "pointInTimeRecovery": settings.recovery(cloud, resource_id),
            "rangeKey": keys.get("RANGE"),
            "readCapacity": units.get("ReadCapacityUnits", 0),
            "serverSideEncryption": {
                "enabled": encryption.get("Status") == "ENABLED",
                "kmsKeyArn": encryption.get("KMSMasterKeyArn"),
            },
            "streamArn": response.get("LatestStreamArn", "") if stream.get("StreamEnabled") else "",
            "streamEnabled": bool(stream.get("StreamEnabled")),
            "streamLabel": response.get("LatestStreamLabel", "") if stream.get("StreamEnabled") else "",
            "streamViewType": stream.get("StreamViewType", ""),
            "tableClass": get_object(response, "TableClassSummary").get("TableClass", "STANDARD"),
            "ttl": settings.ttl(cloud, resource_id, get_object(state, "ttl")),
            "writeCapacity": units.get("WriteCapacityUnits", 0),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        request = _capacity(news, changed)
        if "deletionProtectionEnabled" in changed:
            request["DeletionProtectionEnabled"] = bool(news.get("deletionProtectionEnabled"))
        if request:
            settings.update_table(cloud, resource_id, **request)
        # AWS refuses each of these beside another change.
        for step in [*_class_and_keys(news, changed), *_stream_steps(state, news, changed)]:
            settings.update_table(cloud, resource_id, **step)
        if "globalSecondaryIndexes" in changed:
            for step in change_indexes(state, news):
                settings.update_table(cloud, resource_id, **step)
        if "ttl" in changed:
            settings.set_ttl(cloud, resource_id, news["ttl"])
        if "pointInTimeRecovery" in changed:
            settings.set_recovery(cloud, resource_id, news["pointInTimeRecovery"])

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        super().delete(cloud, resource_id, state)

        def is_deleted() -> bool:
            try:
                cloud.call("dynamodb", "DescribeTable", TableName=resource_id)
            except NotFound:
                return True
            return False

        cloud.wait_until(is_deleted, f"deleting the table {resource_id}")


def _capacity(news: State, changed: set[str]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    billing = news["billingMode"]
    if "billingMode" in changed:
        request["BillingMode"] = billing
    if billing != _ON_DEMAND and changed & {"billingMode", "readCapacity", "writeCapacity"}:
        request["ProvisionedThroughput"] = throughput(news)
    if "onDemandThroughput" in changed:
        request["OnDemandThroughput"] = settings.limits(get_object(news, "onDemandThroughput"))
    return request


def _class_and_keys(news: State, changed: set[str]) -> Iterator[dict[str, Any]]:
    if "tableClass" in changed:
        yield {"TableClass": news["tableClass"]}
    if "serverSideEncryption" in changed:
        yield {"SSESpecification": settings.encryption(news.get("serverSideEncryption"))}


def _stream_steps(state: State, news: State, changed: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the steps that change the stream; its view type can be set only when it is created."""
    if not changed & {"streamEnabled", "streamViewType"}:
        return
    if state.get("streamEnabled"):
        yield {"StreamSpecification": {"StreamEnabled": False}}
    if news.get("streamEnabled"):
        yield {"StreamSpecification": settings.stream(news)}


RESOURCES: tuple[type[Resource], ...] = (Table,)

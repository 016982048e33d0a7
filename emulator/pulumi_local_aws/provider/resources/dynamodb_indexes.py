"""DynamoDB: the indexes of a table, between pulumi-aws's words and AWS's."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_local_aws.provider.convert import part, parts

_ON_DEMAND = "PAY_PER_REQUEST"


def key_schema(keys: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The key schema of a table or an index."""
    schema = [{"AttributeName": keys["hashKey"], "KeyType": "HASH"}]
    if keys.get("rangeKey"):
        schema.append({"AttributeName": keys["rangeKey"], "KeyType": "RANGE"})
    return schema


def throughput(given: Mapping[str, Any]) -> dict[str, int]:
    """Provisioned capacity; AWS refuses less than one unit, so none given is none sent as zero."""
    return {
        "ReadCapacityUnits": given.get("readCapacity") or 0,
        "WriteCapacityUnits": given.get("writeCapacity") or 0,
    }


def index_keys(index: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A global index's key schema, however it is given: `keySchemas`, or `hashKey` and `rangeKey`."""
    given = index.get("keySchemas")
    if given:
        return [{"AttributeName": one["attributeName"], "KeyType": one["keyType"]} for one in given]
    return key_schema(index) if index.get("hashKey") else []


def index_to_api(index: Mapping[str, Any], table: Mapping[str, Any], billing: str) -> dict[str, Any]:
    """An index as AWS takes it; one without keys of its own is a local one and has the table's hash key."""
    keys = index_keys(index)
    local = not keys
    if local:
        keys = key_schema({**index, "hashKey": table["hashKey"]})
    projection: dict[str, Any] = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = sorted(index["nonKeyAttributes"])
    request = {"IndexName": index["name"], "KeySchema": keys, "Projection": projection}
    if billing != _ON_DEMAND and not local:
        request["ProvisionedThroughput"] = throughput(index)
    return request


def index_from_api(told: Mapping[str, Any]) -> dict[str, Any]:
    """An index as pulumi-aws tells it."""
    keys = {key["KeyType"]: key["AttributeName"] for key in told["KeySchema"]}
    units = part(told, "ProvisionedThroughput")
    found = {
        "hashKey": keys["HASH"],
        "keySchemas": [
            {"attributeName": key["AttributeName"], "keyType": key["KeyType"]} for key in told["KeySchema"]
        ],
        "name": told["IndexName"],
        "nonKeyAttributes": told["Projection"].get("NonKeyAttributes"),
        "projectionType": told["Projection"]["ProjectionType"],
        "rangeKey": keys.get("RANGE"),
        "readCapacity": units.get("ReadCapacityUnits", 0),
        "writeCapacity": units.get("WriteCapacityUnits", 0),
    }
    return {name: value for name, value in found.items() if value is not None}


def change_indexes(state: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The UpdateTable calls, one index each, as AWS makes or removes one at a time."""
    old = {one["name"]: one for one in parts(state, "globalSecondaryIndexes")}
    new = {one["name"]: one for one in parts(news, "globalSecondaryIndexes")}
    billing = news["billingMode"]
    attributes = [
        {"AttributeName": one["name"], "AttributeType": one["type"]} for one in parts(news, "attributes")
    ]
    for name, index in old.items():
        if name not in new or _shape(index) != _shape(new[name]):
            yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name, index in new.items():
        if name not in old or _shape(old[name]) != _shape(index):
            create = {"Create": index_to_api(index, news, billing)}
            yield {"AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": [create]}
        elif billing != _ON_DEMAND and throughput(old[name]) != throughput(index):
            update = {"Update": {"IndexName": name, "ProvisionedThroughput": throughput(index)}}
            yield {"GlobalSecondaryIndexUpdates": [update]}


def _shape(index: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an index cannot change without being made anew."""
    kept = tuple(sorted(parts(index, "nonKeyAttributes")))
    keys = tuple((key["AttributeName"], key["KeyType"]) for key in index_keys(index))
    return keys, index["projectionType"], kept

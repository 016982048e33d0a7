"""Convert a DynamoDB table's indexes between pulumi-aws's form and AWS's."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.schema import Property

_ON_DEMAND = "PAY_PER_REQUEST"


def key_schema(keys: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the key schema of a table or an index."""
    schema = [{"AttributeName": keys["hashKey"], "KeyType": "HASH"}]
    if keys.get("rangeKey"):
        schema.append({"AttributeName": keys["rangeKey"], "KeyType": "RANGE"})
    return schema


def throughput(given: Mapping[str, Any]) -> dict[str, int]:
    """Return the provisioned capacity; an omitted unit is zero, which AWS refuses."""
    return {
        "ReadCapacityUnits": given.get("readCapacity") or 0,
        "WriteCapacityUnits": given.get("writeCapacity") or 0,
    }


def index_keys(index: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a global index's key schema, given as `keySchemas` or as `hashKey` and `rangeKey`."""
    given = index.get("keySchemas")
    if given:
        return [{"AttributeName": entry["attributeName"], "KeyType": entry["keyType"]} for entry in given]
    return key_schema(index) if index.get("hashKey") else []


def index_to_api(index: Mapping[str, Any], table: Mapping[str, Any], billing: str) -> dict[str, Any]:
    """Return an index as AWS takes it; one without keys is local and has the table's hash key."""
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


def index_from_api(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return an index in pulumi-aws's form."""
    keys = {key["KeyType"]: key["AttributeName"] for key in response["KeySchema"]}
    units = get_object(response, "ProvisionedThroughput")
    found = {
        "hashKey": keys["HASH"],
        "keySchemas": [
            {"attributeName": key["AttributeName"], "keyType": key["KeyType"]}
            for key in response["KeySchema"]
        ],
        "name": response["IndexName"],
        "nonKeyAttributes": response["Projection"].get("NonKeyAttributes"),
        "projectionType": response["Projection"]["ProjectionType"],
        "rangeKey": keys.get("RANGE"),
        "readCapacity": units.get("ReadCapacityUnits", 0),
        "writeCapacity": units.get("WriteCapacityUnits", 0),
    }
    return {name: value for name, value in found.items() if value is not None}


def index_fields(indexes: Property) -> set[str]:
    """Return the names of the properties of a table's indexes."""
    return set(indexes.item.fields) if indexes.item else set()


def change_indexes(state: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of the UpdateTable calls; AWS creates or removes one index at a time."""
    old = {entry["name"]: entry for entry in get_list(state, "globalSecondaryIndexes")}
    new = {entry["name"]: entry for entry in get_list(news, "globalSecondaryIndexes")}
    billing = news["billingMode"]
    attributes = [
        {"AttributeName": entry["name"], "AttributeType": entry["type"]}
        for entry in get_list(news, "attributes")
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
    """Return the parts of an index whose change needs a new index."""
    kept = tuple(sorted(get_list(index, "nonKeyAttributes")))
    keys = tuple((key["AttributeName"], key["KeyType"]) for key in index_keys(index))
    return keys, index["projectionType"], kept

"""Define items of DynamoDB's tables."""

import json
from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.values import contains_unknown


class TableItem(Resource):
    """An item; its id is its table's name and its key, `TABLE|NAME|B|S|N[|NAME|B|S|N]`."""

    token = "aws:dynamodb/tableItem:TableItem"
    service = "dynamodb"

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        if contains_unknown([inputs[name] for name in ("item", "hashKey", "rangeKey") if name in inputs]):
            return
        try:
            _key(inputs, _parse(inputs["item"]))
        except AwsError as error:
            yield "item", str(error)

    def create(self, cloud: Cloud, inputs: State) -> str:
        item = _parse(inputs["item"])
        key = _key(inputs, item)
        condition = {
            "ConditionExpression": "attribute_not_exists(#hk)",
            "ExpressionAttributeNames": {"#hk": inputs["hashKey"]},
        }
        cloud.call("dynamodb", "PutItem", TableName=inputs["tableName"], Item=item, **condition)
        attributes = [
            part for name, typed in key.items() for part in (name, *(typed.get(t, "") for t in "BSN"))
        ]
        return "|".join([inputs["tableName"], *attributes])

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        key = _key(state, _parse(state["item"])) if "item" in state else state["key"]
        where = {"TableName": state["tableName"], "Key": key}
        try:
            item = cloud.call("dynamodb", "GetItem", **where, ConsistentRead=True).get("Item")
        except NotFound:
            return None
        if item is None:
            return None
        names = [*key, None]
        values = [str(next(iter(typed.values()))) for typed in key.values()]
        return {
            "hashKey": names[0],
            "hashKeyValue": values[0],
            "item": json.dumps(item, separators=(",", ":"), sort_keys=True),
            "rangeKey": names[1],
            "rangeKeyValue": values[1] if len(values) > 1 else None,
            "tableName": state["tableName"],
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        old, new = _parse(state["item"]), _parse(news["item"])
        cloud.call("dynamodb", "PutItem", TableName=news["tableName"], Item=new)
        if _key(state, old) != _key(news, new):
            cloud.call("dynamodb", "DeleteItem", TableName=state["tableName"], Key=_key(state, old))

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        key = _key(state, _parse(state["item"]))
        cloud.call("dynamodb", "DeleteItem", TableName=state["tableName"], Key=key)

    def locate(self, import_id: str) -> tuple[str, State]:
        table, *parts = import_id.split("|")
        attributes = [parts[start : start + 4] for start in range(0, len(parts), 4)]
        if len(parts) not in (4, 8):
            raise AwsError("import", "", f"{import_id!r} is not of the form table|name|B|S|N[|name|B|S|N]")
        key = {
            name: {kind: value for kind, value in zip("BSN", values, strict=True) if value}
            for name, *values in attributes
        }
        return import_id, {"tableName": table, "key": key}


def _parse(item: str) -> dict[str, dict[str, Any]]:
    """Return the item in DynamoDB's JSON. Raises AwsError if it is invalid or has a binary attribute."""
    try:
        parsed = json.loads(item)
    except ValueError as error:
        raise AwsError("PutItem", "", f"`item` is invalid JSON: {error}") from error
    for name, typed in parsed.items():
        if "B" in typed or "BS" in typed:
            raise AwsError("PutItem", "", f"the local AWS does not support the binary attribute {name!r}")
    return parsed


def _key(inputs: State, item: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the item's key. Raises AwsError if the item lacks an attribute of it."""
    names = [inputs["hashKey"], *([inputs["rangeKey"]] if inputs.get("rangeKey") else [])]
    for name in names:
        if name not in item:
            raise AwsError("PutItem", "", f"`item` lacks the key attribute {name!r}")
    return {name: item[name] for name in names}


RESOURCES: tuple[type[Resource], ...] = (TableItem,)

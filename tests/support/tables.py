"""The tables on the local AWS, each named as its environment variable, in small letters."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from pulumi_local_aws.aws import client

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLES = {
    "SESSIONS_TABLE": ("sessionId", None),
    "CONNECTIONS_TABLE": ("connectionId", None),
    "LISTENERS_TABLE": ("listenerShard", "connectionId"),
    "MESSAGES_TABLE": ("logKey", "offset"),
    "REQUESTS_TABLE": ("requestKey", None),
    "LIMITS_TABLE": ("limitKey", None),
}
"""Environment variable of each table, with its keys."""

INDEXED = {"SESSIONS_TABLE": "KEYS_ONLY", "CONNECTIONS_TABLE": "ALL"}
"""What the `due` index has of each item."""
NUMBERS = ("offset", "dueAt")


def names() -> dict[str, str]:
    """What the environment says of the tables."""
    return {variable: variable.lower() for variable in TABLES}


def boto3_client() -> "DynamoDBClient":
    """A client of the local AWS that the environment names, for what the functions' own does not do."""
    return _boto3_client(os.environ["AWS_ENDPOINT_URL"])


@cache
def _boto3_client(endpoint_url: str) -> "DynamoDBClient":
    return client("dynamodb", {**os.environ, "AWS_ENDPOINT_URL": endpoint_url})


def create_tables(client: Any) -> None:
    """One table of each kind, with the `due` index where it has one."""
    for variable, (partition, sort) in TABLES.items():
        keys = [(partition, "HASH"), *([(sort, "RANGE")] if sort else [])]
        due = [("dueShard", "HASH"), ("dueAt", "RANGE")] if variable in INDEXED else []
        index = {
            "IndexName": "due",
            "KeySchema": _schema(due),
            "Projection": {"ProjectionType": INDEXED.get(variable, "")},
        }
        client.create_table(
            TableName=os.environ[variable],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_schema(keys),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "N" if name in NUMBERS else "S"}
                for name, _ in keys + due
            ],
            **({"GlobalSecondaryIndexes": [index]} if due else {}),
        )


def clear_tables() -> None:
    """Take all items away."""
    dynamodb = boto3_client()
    for variable, keys in TABLES.items():
        table = os.environ[variable]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys if key})


def _schema(keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]

"""Plain handlers for createSession, joinSession and publish: boto3's Table resource, one call a step.

They keep the items that the steps need: the connection, the session, the listeners and the messages. They
have a limit for each user, replies by `post_to_connection`, and a thread pool for the pushes. They do not
handle lost connections, repeated requests or concurrent joins beyond a condition on each item.
"""

import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, cast

import boto3
from boto3.dynamodb.conditions import Key
from botocore.config import Config
from botocore.exceptions import ClientError

Event = dict[str, Any]

MAX_LISTENERS = 500
MAX_PUSHES_AT_ONCE = 64
REQUESTS_PER_MINUTE = 600
TABLES = {
    "connections": ("connectionId", None),
    "sessions": ("sessionId", None),
    "listeners": ("sessionId", "connectionId"),
    "messages": ("sessionId", "offset"),
    "limits": ("limitKey", None),
}
"""Table names, with partition key and sort key. `offset` is a number."""


@cache
def table(name: str) -> Any:
    """Return a table of boto3's resource API."""
    return cast(Any, boto3).resource("dynamodb").Table(f"plain-{name}")


@cache
def management_api() -> Any:
    """Return the client that pushes to connections."""
    return cast(Any, boto3).client(
        "apigatewaymanagementapi",
        endpoint_url=os.environ["CALLBACK_URL"],
        config=Config(max_pool_connections=MAX_PUSHES_AT_ONCE),
    )


@cache
def executor() -> ThreadPoolExecutor:
    """Return the threads that push."""
    return ThreadPoolExecutor(MAX_PUSHES_AT_ONCE)


def connect(event: Event) -> Event:
    """Store the connection."""
    context = event["requestContext"]
    table("connections").put_item(
        Item={"connectionId": context["connectionId"], "subject": context["authorizer"]["principalId"]}
    )
    return {"statusCode": 200}


def create_session(event: Event) -> Event:
    """Create a session with a free id, and reply its id."""
    connection_id, message = event["requestContext"]["connectionId"], json.loads(event["body"])
    connection = table("connections").get_item(Key={"connectionId": connection_id})["Item"]
    check_limit(connection["subject"])
    session_id = f"plain-session-{random.randrange(10**9)}"
    table("sessions").put_item(
        Item={
            "sessionId": session_id,
            "speaker": connection_id,
            "sourceLanguage": message["sourceLanguage"],
            "quality": message["quality"],
            "listenerCount": 0,
            "nextOffset": 0,
        },
        ConditionExpression="attribute_not_exists(sessionId)",
    )
    attach(connection_id, session_id)
    push(connection_id, {"type": "sessionCreated", "sessionId": session_id})
    return {"statusCode": 200}


def join_session(event: Event) -> Event:
    """Add the connection to the session's listeners if there is room, and reply."""
    connection_id, message = event["requestContext"]["connectionId"], json.loads(event["body"])
    connection = table("connections").get_item(Key={"connectionId": connection_id})["Item"]
    check_limit(connection["subject"])
    session_id = message["sessionId"]
    session = table("sessions").get_item(Key={"sessionId": session_id}).get("Item")
    if session is None:
        push(connection_id, {"type": "error", "code": "SESSION_NOT_FOUND"})
        return {"statusCode": 200}
    table("sessions").update_item(
        Key={"sessionId": session_id},
        UpdateExpression="ADD listenerCount :one",
        ConditionExpression="listenerCount < :capacity",
        ExpressionAttributeValues={":one": 1, ":capacity": MAX_LISTENERS},
    )
    table("listeners").put_item(Item={"sessionId": session_id, "connectionId": connection_id})
    attach(connection_id, session_id)
    push(connection_id, {"type": "sessionJoined", "sessionId": session_id})
    return {"statusCode": 200}


def publish(event: Event) -> Event:
    """Store the message at the session's next offset, push it to every listener, and reply."""
    connection_id, message = event["requestContext"]["connectionId"], json.loads(event["body"])
    connection = table("connections").get_item(Key={"connectionId": connection_id})["Item"]
    check_limit(connection["subject"])
    session_id = connection["sessionId"]
    session = table("sessions").update_item(
        Key={"sessionId": session_id},
        UpdateExpression="ADD nextOffset :one",
        ConditionExpression="speaker = :speaker",
        ExpressionAttributeValues={":one": 1, ":speaker": connection_id},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    offset = int(session["nextOffset"])
    table("messages").put_item(Item={"sessionId": session_id, "offset": offset, "data": message["data"]})
    page: Any = table("listeners").query(KeyConditionExpression=Key("sessionId").eq(session_id))
    listeners: list[str] = [item["connectionId"] for item in page["Items"]]
    body = {"type": "message", "offset": offset, "data": message["data"]}
    list(executor().map(push, listeners, [body] * len(listeners)))
    push(connection_id, {"type": "published", "offset": offset})
    return {"statusCode": 200}


def attach(connection_id: str, session_id: str) -> None:
    """Store the session of a connection."""
    table("connections").update_item(
        Key={"connectionId": connection_id},
        UpdateExpression="SET sessionId = :id",
        ExpressionAttributeValues={":id": session_id},
    )


def check_limit(subject: str) -> None:
    """Count a request of this user, at most REQUESTS_PER_MINUTE a minute."""
    table("limits").update_item(
        Key={"limitKey": f"{subject}#{int(time.time()) // 60}"},
        UpdateExpression="ADD requests :one",
        ConditionExpression="attribute_not_exists(requests) OR requests < :most",
        ExpressionAttributeValues={":one": 1, ":most": REQUESTS_PER_MINUTE},
    )


def push(connection_id: str, message: dict[str, Any]) -> None:
    """Push to one connection, and forget it if it is gone."""
    try:
        management_api().post_to_connection(ConnectionId=connection_id, Data=json.dumps(message).encode())
    except ClientError as error:
        if cast(dict[str, Any], error.response)["Error"]["Code"] != "GoneException":
            raise
        table("connections").delete_item(Key={"connectionId": connection_id})

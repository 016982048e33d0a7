"""The routes `join` and `say`: who is in a room, and what its members receive."""

import json
import os
import time
from functools import cache
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

CONNECTION_SECONDS = 7200
"""The longest life of a connection
(https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""

members: Any = boto3.resource("dynamodb").Table(os.environ["MEMBERS"])  # pyright: ignore[reportUnknownMemberType]


def join(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Record the connection as a member of the message's room."""
    room = json.loads(event["body"])["room"]
    members.put_item(
        Item={
            "room": room,
            "connectionId": event["requestContext"]["connectionId"],
            "expiresAt": int(time.time()) + CONNECTION_SECONDS,
        }
    )
    return reply({"joined": room})


def say(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Push the message's text to the members of a room; the speaker must be one of them."""
    message = json.loads(event["body"])
    room, speaker = message["room"], event["requestContext"]["connectionId"]
    found = members.query(KeyConditionExpression=Key("room").eq(room))["Items"]
    connections = [member["connectionId"] for member in found]
    if speaker not in connections:
        return reply({"error": f"You are not in the room {room}: join it first."})
    name = event["requestContext"]["authorizer"]["name"]
    push = json.dumps({"room": room, "name": name, "text": message["text"]})
    reached = [connection for connection in connections if deliver(room, connection, push)]
    return reply({"delivered": len(reached)})


def deliver(room: str, connection: str, push: str) -> bool:
    """Return whether the connection received the push; one that has closed leaves the room."""
    try:
        management_api().post_to_connection(ConnectionId=connection, Data=push.encode())
    except management_api().exceptions.GoneException:
        members.delete_item(Key={"room": room, "connectionId": connection})
        return False
    return True


@cache
def management_api() -> Any:
    """Return the client that pushes to the API's connections."""
    return boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CALLBACK_URL"])  # pyright: ignore[reportUnknownMemberType]


def reply(content: dict[str, Any]) -> dict[str, Any]:
    """Return the response that API Gateway sends to the client as a message."""
    return {"statusCode": 200, "body": json.dumps(content)}

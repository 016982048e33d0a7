"""The authorizer: a connection needs the token of an invitation, `wss://...?token=...`."""

import hashlib
import os
from typing import Any

import boto3

invitations: Any = boto3.resource("dynamodb").Table(os.environ["INVITATIONS"])  # pyright: ignore[reportUnknownMemberType]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the policy for a connection, and the name of the person who was invited.

    The table has each token's SHA-256 digest, so that nobody who reads the table can use an invitation.
    """
    token = event["queryStringParameters"]["token"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    invitation = invitations.get_item(Key={"tokenHash": digest}).get("Item")
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if invitation else "Deny",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": digest,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"name": invitation["name"]} if invitation else {},
    }

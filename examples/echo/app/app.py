"""The function behind the API: its return value is the reply."""

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Reply with the message itself."""
    return {"statusCode": 200, "body": event["body"]}

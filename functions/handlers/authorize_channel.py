"""The authorizer of the audience's channel: allows a connection or a subscription, or denies it."""

from typing import Any

from container import container
from domain.digest import short_digest
from handlers.observed import observed
from handlers.time_limit import Context, time_limit

authorize_channel = container.authorize_channel


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return whether the operation is allowed. Every error denies, and AppSync caches no answer.

    Source of the event: AWS AppSync Events Developer Guide, "Configuring authorization and authentication to
    secure Event APIs" (AWS Lambda authorization).
    """
    requested: dict[str, str] = event["requestContext"]
    token, operation = event.get("authorizationToken") or "", requested.get("operation") or ""
    channel = requested.get("channel") or ""
    with time_limit(context):
        _, error = observed(
            "$authorizeChannel",
            requested.get("requestId") or context.aws_request_id,
            lambda: authorize_channel(token, operation, channel),
            channel=short_digest(channel),
        )
    return {"isAuthorized": error is None, "ttlOverride": 0}

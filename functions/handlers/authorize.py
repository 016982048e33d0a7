"""The authorizer of `$connect`: allows a connection or denies it."""

import uuid
from typing import Any

from container import container
from handlers.headers import token_of
from handlers.observed import observed
from handlers.time_limit import Context, time_limit

authorize = container.authorize


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return a policy. Its context has the caller for the other routes, as strings.

    Every error denies. Source: API Gateway Developer Guide, "Control access to WebSocket APIs with
    AWS Lambda REQUEST authorizers".
    """
    correlation_id = uuid.uuid4().hex
    with time_limit(context, received_at_ms=event["requestContext"].get("requestTimeEpoch")):
        identity, error = observed("$authorize", correlation_id, lambda: authorize(token_of(event)))
    for_routes = {"correlationId": correlation_id}
    if identity is not None:
        for_routes |= {"subject": identity.subject, "tokenExpiresAt": str(identity.expires_at)}
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if error else "Allow",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": identity.subject if identity else "anonymous",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": for_routes,
    }

"""The authorizer of `$connect`: allows a connection or denies it."""

import uuid
from typing import Any

from container import container
from handlers.headers import token_of
from handlers.observed import observed

authorize = container.authorize


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return a policy. Its context has the caller for the other routes, as strings.

    Every error denies. Source: API Gateway Developer Guide, "Control access to WebSocket APIs with
    AWS Lambda REQUEST authorizers".
    """
    correlation_id = uuid.uuid4().hex
    identity, error = observed("$authorize", correlation_id, lambda: authorize(token_of(event)))
    context = {"correlationId": correlation_id}
    if identity is not None:
        context |= {"subject": identity.subject, "tokenExpiresAt": str(identity.expires_at)}
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if error else "Allow",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": identity.subject if identity else "anonymous",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }

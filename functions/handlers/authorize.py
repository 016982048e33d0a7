"""The authorizer of `$connect`: lets a connection in, or refuses it."""

import uuid
from typing import Any

from container import container
from handlers.headers import token_of
from handlers.observed import observed

authorize = container.authorize


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a policy; what the later routes know of the caller stands in its context, as strings.

    Whatever goes wrong denies. Source: API Gateway Developer Guide, "Control access to WebSocket APIs with
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

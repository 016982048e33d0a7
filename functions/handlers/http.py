"""What all HTTP routes share: the caller, the body, the response, problem+json.

Events and responses have payload format 2.0. Source: API Gateway Developer Guide, "AWS Lambda proxy
integrations for HTTP APIs".
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.digest import short_digest
from domain.errors import InvalidMessageError, SessionError, UnauthorizedError
from domain.model import Caller
from domain.tokens import TOKEN_USES
from handlers.counted import counted
from handlers.observed import observed
from handlers.time_limit import Context, time_limit
from wire.parsing import MAX_REQUEST_ID_CHARACTERS, check_session_id, parse
from wire.pushes import Message
from wire.replies import problem

Event = dict[str, Any]
Handler = Callable[[Event, Context], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request that the JWT authorizer allowed."""

    event: Event
    claims: dict[str, Any]
    address: str
    """Digest of the client's address."""

    @property
    def subject(self) -> str:
        """The signed-in user. Raises UnauthorizedError without one, or for a token of another use.

        API Gateway's JWT authorizer verifies the signature, issuer, audience and expiry, but no `token_use`.
        """
        if self.claims.get("token_use", "access") not in TOKEN_USES:
            raise UnauthorizedError("The token is of another use than id and access.")
        subject = self.claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise UnauthorizedError
        return subject

    @property
    def caller(self) -> Caller:
        """The sender, without a subject if the request has no token."""
        subject = self.claims.get("sub")
        return Caller(connection_id=None, subject=str(subject) if subject else None, address=self.address)

    @property
    def session_id(self) -> str:
        """The id in the path. Raises InvalidFieldError (INVALID_SESSION_ID)."""
        parameters: dict[str, str] = self.event.get("pathParameters") or {}
        return check_session_id(parameters.get("sessionId", ""))

    @property
    def idempotency_key(self) -> str | None:
        """The header Idempotency-Key, which has the meaning of requestId in a message."""
        headers: dict[str, str] = self.event.get("headers") or {}
        key = next((value for name, value in headers.items() if name.lower() == "idempotency-key"), None)
        if key is not None and not 0 < len(key) <= MAX_REQUEST_ID_CHARACTERS:
            raise InvalidMessageError(
                f"Idempotency-Key must have 1 to {MAX_REQUEST_ID_CHARACTERS} characters."
            )
        return key

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object in the body. Raises InvalidMessageError."""
        text: str = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            try:
                text = base64.b64decode(text, validate=True).decode()
            except ValueError as error:
                raise InvalidMessageError("The body is not UTF-8 text.") from error
        return parse(text)


def http_route(
    name: str, *, status: int = 200, counts_refusals_only: bool = False
) -> Callable[[Callable[[HttpRequest], Message]], Handler]:
    """Make a Lambda handler from a function that responds to one route's requests with `status`.

    `counts_refusals_only` has the meaning that it has for messages (handlers/route.py).
    """

    def decorate(answer: Callable[[HttpRequest], Message]) -> Handler:
        def handler(event: Event, context: Context) -> dict[str, Any]:
            request = _read(event)
            correlation_id = event["requestContext"].get("requestId", "")
            user = request.claims.get("sub")
            keys = {"user": short_digest(str(user))} if user else {}
            with time_limit(context, received_at_ms=event["requestContext"].get("timeEpoch")):
                reply, error = observed(
                    name,
                    correlation_id,
                    lambda: counted(
                        request.caller, lambda: answer(request), refusals_only=counts_refusals_only
                    ),
                    **keys,
                )
            return _problem(error) if error else _answer(status, reply or {})

        return handler

    return decorate


def _read(event: Event) -> HttpRequest:
    context = event["requestContext"]
    authorizer: dict[str, Any] = context.get("authorizer") or {}
    token: dict[str, Any] = authorizer.get("jwt") or {}
    address = short_digest(context.get("http", {}).get("sourceIp", ""))
    return HttpRequest(event=event, claims=token.get("claims") or {}, address=address)


def _answer(status: int, reply: Message) -> dict[str, Any]:
    body = {name: value for name, value in reply.items() if name != "type"}
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "body": json.dumps(body),
    }


def _problem(error: SessionError) -> dict[str, Any]:
    document = problem(error)
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return {"statusCode": document["status"], "headers": headers, "body": json.dumps(document)}

"""Decides who may connect, subscribe and publish to an Event API, by the modes that the API accepts for each.

It runs in MiniStack's own virtual environment, so it imports the standard library only. A service is a
`Module` of `guarded_ministack.py`.

Sources: AWS AppSync Events Developer Guide, "Configuring authorization and authentication to secure Event
APIs" and "Understanding the Event API WebSocket protocol"; Service Authorization Reference, "Actions,
resources, and condition keys for AWS AppSync".
"""

import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

CONNECT, PUBLISH, SUBSCRIBE = "EVENT_CONNECT", "EVENT_PUBLISH", "EVENT_SUBSCRIBE"
_ACTIONS = {CONNECT: "EventConnect", PUBLISH: "EventPublish", SUBSCRIBE: "EventSubscribe"}
_DEFAULT_MODES = {
    CONNECT: "connectionAuthModes",
    PUBLISH: "defaultPublishAuthModes",
    SUBSCRIBE: "defaultSubscribeAuthModes",
}
_NAMESPACE_MODES = {PUBLISH: "publishAuthModes", SUBSCRIBE: "subscribeAuthModes"}
_SIGNED = "AWS4-HMAC-SHA256"
_NOT_AUTHORIZED = "You are not authorized to make this call."

Allow = Callable[[str, str, str, str | None], bool]
Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One operation on an API. `authorization` has the headers that authorize it, in lower case.

    The method and path, and the body, are what a signature covers. `headers` are those of the request or of
    the handshake.
    """

    api_id: str
    operation: str
    authorization: Mapping[str, str]
    path: str
    body: bytes
    headers: Mapping[str, str]
    channel: str | None = None
    namespace: str | None = None


class EventApiAccess:
    """The authorization of Event APIs, with MiniStack's signatures, policies and functions."""

    def __init__(
        self, event_apis: Any, evaluator: Any, sigv4: Any, responses: Any, *, run: Run, allow: Allow
    ) -> None:
        """Take modules of MiniStack, its way to run blocking code, and who may invoke a function."""
        self._apis, self._namespaces = event_apis.get("_apis"), event_apis.get("_channel_namespaces")
        self._api_keys = event_apis.get("_api_keys")
        self._invoke_authorizer = event_apis.get("_events_authorizer_invoke")
        self._enforce, self._pin = evaluator.get("enforce"), evaluator.get("pin_signed_request")
        self._pin_body, self._is_root_key = (
            evaluator.get("pin_signed_body"),
            evaluator.get("is_root_access_key"),
        )
        self._parse_signature = sigv4.get("parse_header_signature")
        self._signature_failure = sigv4.get("header_signature_failure")
        self._time_failure = sigv4.get("request_time_failure")
        self._region, self._account = responses.get("get_region"), responses.get("get_account_id")
        self._run, self._allow = run, allow

    async def refusal(self, attempt: Attempt) -> str | None:
        """Return why the operation is refused, or None if it is allowed."""
        authorization = attempt.authorization.get("authorization", "")
        api_key = attempt.authorization.get("x-api-key", "")
        modes = self._modes(attempt)
        if authorization.startswith(_SIGNED):
            return self._refuse_signature(attempt) if "AWS_IAM" in modes else _NOT_AUTHORIZED
        if authorization:
            return (
                await self._refuse_token(attempt, authorization) if "AWS_LAMBDA" in modes else _NOT_AUTHORIZED
            )
        if api_key:
            return self._refuse_api_key(attempt, api_key) if "API_KEY" in modes else _NOT_AUTHORIZED
        return "Required headers are missing."

    def _modes(self, attempt: Attempt) -> set[str]:
        """Return the types that the namespace accepts for the operation, or else the API."""
        modes: list[Mapping[str, str]] = []
        if attempt.namespace is not None:
            namespace = self._namespaces[attempt.api_id][attempt.namespace]
            modes = namespace.get(_NAMESPACE_MODES[attempt.operation]) or []
        modes = modes or self._apis[attempt.api_id]["eventConfig"][_DEFAULT_MODES[attempt.operation]]
        return {mode["authType"] for mode in modes}

    def _refuse_api_key(self, attempt: Attempt, given: str) -> str | None:
        known = self._api_keys.get(attempt.api_id, {}).get(given)
        return None if known and known["expires"] > time.time() else _NOT_AUTHORIZED

    async def _refuse_token(self, attempt: Attempt, token: str) -> str | None:
        """Ask the API's Lambda authorizer, which may be invoked only if its policy allows that."""
        api = self._apis[attempt.api_id]
        providers: list[Mapping[str, Any]] = api["eventConfig"]["authProviders"]
        config = next(
            (one["lambdaAuthorizerConfig"] for one in providers if one["authType"] == "AWS_LAMBDA"), None
        )
        if config is None:
            return _NOT_AUTHORIZED
        expression = config.get("identityValidationExpression")
        if expression and not re.fullmatch(expression, token):
            return _NOT_AUTHORIZED
        function_arn: str = config["authorizerUri"]
        if not self._allow("appsync", api["apiArn"], function_arn, None):
            return _NOT_AUTHORIZED
        allowed, _ = await self._run(
            self._invoke_authorizer,
            function_arn,
            attempt.api_id,
            attempt.operation,
            attempt.channel,
            attempt.namespace,
            token,
            dict(attempt.headers),
        )
        return None if allowed else _NOT_AUTHORIZED

    def _refuse_signature(self, attempt: Attempt) -> str | None:
        """Check the signature of a POST request, what it covers, and the policies of the caller."""
        headers = dict(attempt.authorization)
        signature = self._parse_signature(headers)
        if isinstance(signature, tuple):
            return cast("tuple[str, str]", signature)[1]
        if uncovered := self._find_uncovered(attempt, signature, headers):
            return uncovered
        if self._is_root_key(signature.access_key_id):
            return self._refuse_root(attempt, signature, headers)
        sent = [
            (name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()
        ]
        self._pin("POST", attempt.path, {}, sent)
        self._pin_body(attempt.body)
        resource = f"arn:aws:appsync:{self._region()}:{self._account()}:apis/{attempt.api_id}"
        if attempt.namespace is not None:
            resource += f"/channelNamespace/{attempt.namespace}"
        action = f"appsync:{_ACTIONS[attempt.operation]}"
        denied = self._enforce(
            signature.access_key_id, action, "appsync", self._region(), resource_arn=resource
        )
        if denied is None:
            return None
        return (
            getattr(denied, "message", None)
            or f"{denied.principal_arn} may not perform {action} on {resource}"
        )

    def _find_uncovered(self, attempt: Attempt, signature: Any, headers: Mapping[str, str]) -> str | None:
        """Return what a signature must cover and does not: the service, the Region, the host, the body."""
        if (signature.service, signature.region) != ("appsync", self._region()):
            return f"Credential should be scoped to the service 'appsync' in {self._region()!r}."
        if "host" not in signature.signed_headers.split(";"):
            return "'Host' must be a signed header."
        digest = sha256(attempt.body).hexdigest()
        if headers.get("x-amz-content-sha256", digest) != digest:
            return "The header 'x-amz-content-sha256' is not the body's hash."
        return None

    def _refuse_root(self, attempt: Attempt, signature: Any, headers: Mapping[str, str]) -> str | None:
        """Check a signature of the account's root caller, which MiniStack does not."""
        if signature.access_key_id != os.environ["AWS_ACCESS_KEY_ID"]:
            return "The security token included in the request is invalid."
        secret = os.environ["AWS_SECRET_ACCESS_KEY"]
        failure = self._time_failure(signature) or self._signature_failure(
            signature, secret, "POST", attempt.path, {}, headers, attempt.body
        )
        return failure[1] if failure else None

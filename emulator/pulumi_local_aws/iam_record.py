"""Records which actions MiniStack's IAM allowed or denied, and to which role, since MiniStack started.

It runs in MiniStack's own virtual environment, so it imports the standard library only. A GET request to
`PATH` returns the record as JSON, so that a test can compare it with what each role grants.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/_local-aws/iam-decisions"
MAX_DECISIONS = 100_000
"""Distinct decisions that are kept. The record says that it is incomplete beyond them."""


class IamRecord:
    """The distinct decisions: principal, action, resource, and whether IAM allowed it.

    All connections of a stage count as one resource: their ids say nothing about permissions.
    """

    def __init__(self) -> None:
        self._decisions: dict[tuple[str, str, str, bool], None] = {}
        self._complete = True

    def attach(self, evaluator: Any) -> None:
        """Record what `ministack.core.iam_evaluator.enforce` decides.

        Its result has no principal if the action is allowed, so the principal is taken from the evaluation of
        the caller's own policies. The root caller's are not evaluated, and its actions are not recorded.
        """
        caller: ContextVar[str | None] = ContextVar("caller", default=None)
        evaluate, enforce = evaluator.evaluate, evaluator.enforce

        def evaluate_and_remember(context: Any, *policies: Any) -> Any:
            caller.set(context.principal_arn)
            return evaluate(context, *policies)

        def enforce_and_record(
            access_key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any
        ) -> Any:
            caller.set(None)
            denied = enforce(access_key, action, service, region, resource_arn=resource_arn, **more)
            principal = caller.get()
            if principal is not None:
                self.add(principal, action, resource_arn, denied is None)
            return denied

        evaluator.evaluate, evaluator.enforce = evaluate_and_remember, enforce_and_record

    def add(self, principal: str, action: str, resource: str, allowed: bool) -> None:
        """Record one decision."""
        stage, connections, _ = resource.partition("/@connections/")
        key = (principal, action, f"{stage}{connections}*" if connections else resource, allowed)
        if key in self._decisions:
            return
        if len(self._decisions) < MAX_DECISIONS:
            self._decisions[key] = None
        else:
            self._complete = False

    def to_json(self) -> str:
        """Return the decisions in the order in which they were first made."""
        names = ("principal", "action", "resource", "allowed")
        decisions = [dict(zip(names, decision, strict=True)) for decision in list(self._decisions)]
        return json.dumps({"complete": self._complete, "decisions": decisions})

    def in_front_of(self, app: App) -> App:
        """Return the ASGI application with the record's path in front of it."""

        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", PATH):
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self.to_json().encode()})

        return handle

"""Fakes at the gateway's three seams (control plane, Lambda, IAM), so that rules are tested in process."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError
from pulumi_local_aws.gateway.api.model import Api, Integration, Route, Stage
from pulumi_local_aws.gateway.integrations.lambda_invoke import Invocation, InvokeError
from pulumi_local_aws.gateway.management_access import AccessDecision, ManagementRequest

API_ID = "abc123"
STAGE = "live"
Event = dict[str, Any]
Function = Callable[[Event], object | Awaitable[object]]


class FunctionError(Exception):
    """Raised by a fake function, as an exception in a Lambda function."""


class FixedControlPlane:
    """Has one API or none, which a test may replace; counts the reads."""

    def __init__(self, api: Api | None) -> None:
        self.api = api
        self.reads = 0
        self.is_unavailable = False

    async def read(self, api_id: str) -> Api | None:
        self.reads += 1
        if self.is_unavailable:
            raise ControlPlaneError("down")
        return self.api if self.api and self.api.api_id == api_id else None


@dataclass
class PythonFunctions:
    """Lambda functions by URI, as Python functions of the event; records every event."""

    functions: dict[str, Function] = field(default_factory=dict[str, Function])
    events: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    source_arns: list[str | None] = field(default_factory=list[str | None])

    async def invoke(self, uri: str, event: Mapping[str, object] | str, source_arn: str | None) -> Invocation:
        self.source_arns.append(source_arn)
        function = self.functions.get(uri)
        if function is None:
            raise InvokeError(f"no function {uri}")
        decoded: Event = json.loads(event if isinstance(event, str) else json.dumps(event))
        self.events.setdefault(uri, []).append(decoded)
        try:
            result = function(decoded)
            if asyncio.iscoroutine(result):
                result = await result
        except FunctionError as error:
            described = {"errorMessage": str(error), "errorType": "Error"}
            return Invocation(json.dumps(described).encode(), failed=True)
        return Invocation(json.dumps(result).encode())


@dataclass
class ScriptedAccess:
    """Allows every call unless a test sets other decisions."""

    decisions: Callable[[ManagementRequest], AccessDecision] = lambda _: AccessDecision(is_allowed=True)

    async def decide(self, request: ManagementRequest) -> AccessDecision:
        return self.decisions(request)


def proxy(uri: str, timeout_seconds: float | None = None) -> Integration:
    return Integration(kind="AWS_PROXY", uri=uri, timeout_seconds=timeout_seconds)


def two_way(key: str, uri: str, timeout_seconds: float | None = None) -> Route:
    return Route(key=key, integration=proxy(uri, timeout_seconds), has_route_response=True)


def one_way(key: str, uri: str) -> Route:
    return Route(key=key, integration=proxy(uri))


def api(*routes: Route, stage: Stage | None = None, route_selection: str = "$request.body.action") -> Api:
    stage = stage or Stage(name=STAGE)
    return Api(
        api_id=API_ID,
        stages={stage.name: stage},
        routes={route.key: route for route in routes},
        route_selection=route_selection,
    )


def ok(body: str | None = None, **fields: object) -> dict[str, object]:
    """Return a Lambda proxy response."""
    return {"statusCode": 200, **({} if body is None else {"body": body}), **fields}

"""The management API: `POST`, `GET` and `DELETE` of `/{stage}/@connections/{connectionId}`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
https://docs.aws.amazon.com/apigatewaymanagementapi/latest/reference/Welcome.html
(200 or 204; 403 Forbidden-, 410 Gone-, 413 PayloadTooLarge- and 429 LimitExceededException)
"""

import asyncio
import logging

from aiohttp import web

from pulumi_local_aws.gateway.addressing import Address
from pulumi_local_aws.gateway.api.cache import ApiCache
from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError
from pulumi_local_aws.gateway.client import Client
from pulumi_local_aws.gateway.clock import iso_time
from pulumi_local_aws.gateway.faults import CALLBACK_FAULTS, Fault
from pulumi_local_aws.gateway.json_access import compact
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.management_access import ManagementAccess, ManagementRequest
from pulumi_local_aws.gateway.runtime import Runtime

_LOGGER = logging.getLogger(__name__)
_NORMAL_CLOSURE = (1000, "Connection Closed Normally")
_GONE = (410, "GoneException", "Gone")
_TOO_LARGE = (413, "PayloadTooLargeException", "Payload too large")
_LIMIT_EXCEEDED = (429, "LimitExceededException", "Too Many Requests")
_FORBIDDEN = (403, "ForbiddenException", "Forbidden")
_FAULT_RESPONSES = {
    Fault.CALLBACK_GONE: _GONE,
    Fault.CALLBACK_TOO_LARGE: _TOO_LARGE,
    Fault.CALLBACK_THROTTLED: _LIMIT_EXCEEDED,
}


class ManagementApi:
    """Answers `@connections` calls. The checks run in this order: access, stage, rate, connection, size."""

    def __init__(self, runtime: Runtime, apis: ApiCache, limits: Limits, access: ManagementAccess) -> None:
        self._runtime = runtime
        self._apis = apis
        self._limits = limits
        self._access = access
        self._delayed_pushes: dict[str, bytes] = {}

    async def respond(
        self, request: web.BaseRequest, target: Address, connection_id: str
    ) -> web.StreamResponse:
        body = await request.read()
        management_request = ManagementRequest(
            method=request.method,
            raw_path=request.raw_path,
            host=request.headers.get("Host", ""),
            headers=request.headers,
            body=body,
            api_id=target.api_id,
            stage=target.stage,
        )
        error = await self._check_access(management_request) or await self._check_rate(connection_id)
        if error is not None:
            return error
        client = self._find_client(target, connection_id)
        if client is None:
            return error_response(*_GONE)
        if request.method == "POST":
            return self._push(client, body)
        if request.method == "GET":
            return _describe(client)
        client.close(*_NORMAL_CLOSURE)
        return web.Response(status=204)

    async def _check_access(self, request: ManagementRequest) -> web.Response | None:
        """Return 403 for the verb, the signature, the policy or an unknown stage; None if allowed."""
        if request.method not in ("POST", "GET", "DELETE"):
            return error_response(*_FORBIDDEN)
        try:
            decision = await self._access.decide(request)
            if not decision.is_allowed:
                headers = {"x-amzn-ErrorType": decision.error_type}
                return web.Response(
                    status=decision.status,
                    body=decision.body,
                    headers=headers,
                    content_type="application/json",
                )
            api = self._apis.get_cached(request.api_id) or await self._apis.get_fresh(request.api_id)
        except (OSError, ControlPlaneError) as error:
            _LOGGER.warning("management call failed: %s", error)
            return error_response(500, "InternalServerErrorException", "Internal server error")
        return error_response(*_FORBIDDEN) if api is None or request.stage not in api.stages else None

    async def _check_rate(self, connection_id: str) -> web.Response | None:
        """Return 429 above the account's rate, or the error of an injected fault; None if allowed."""
        if not self._runtime.throttling.allows_callback():
            return error_response(*_LIMIT_EXCEEDED)
        rule = self._runtime.faults.match(CALLBACK_FAULTS, connection_id)
        if rule is None:
            return None
        if rule.fault is Fault.CALLBACK_DELAYED:
            await asyncio.sleep(rule.seconds)
            return None
        return error_response(*_FAULT_RESPONSES[rule.fault])

    def _find_client(self, target: Address, connection_id: str) -> Client | None:
        """Return the open connection of this API and stage; None before `$connect` has returned."""
        client = self._runtime.connections.get(connection_id)
        if client is None or not client.is_open:
            return None
        context = client.context
        return client if (context.api_id, context.stage) == (target.api_id, target.stage) else None

    def _push(self, client: Client, body: bytes) -> web.Response:
        if len(body) > self._limits.message_bytes:
            return error_response(*_TOO_LARGE)
        if not client.is_writable:
            return error_response(*_LIMIT_EXCEEDED)
        payload = _replace_invalid_utf8(body)
        if client.id not in self._delayed_pushes and (
            rule := self._runtime.faults.match((Fault.PUSH_REORDERED,), client.id)
        ):
            self._delayed_pushes[client.id] = payload
            asyncio.get_running_loop().call_later(rule.seconds, self._send_delayed, client)
            return web.Response()
        is_sent = self._send(client, payload)
        self._send_delayed(client)
        return web.Response() if is_sent else error_response(*_GONE)

    def _send_delayed(self, client: Client) -> None:
        """Send the delayed push, if there is one: a later push has overtaken it, or its delay has ended."""
        payload = self._delayed_pushes.pop(client.id, None)
        if payload is not None:
            self._send(client, payload)

    def _send(self, client: Client, payload: bytes) -> bool:
        is_sent = client.send(payload)
        if is_sent and self._runtime.traffic.is_watched:
            self._runtime.traffic.record("push", client.id, payload=payload.decode())
        return is_sent


def error_response(status: int, error_type: str, message: str) -> web.Response:
    return web.Response(
        status=status,
        text=compact({"message": message}),
        content_type="application/json",
        headers={"x-amzn-ErrorType": error_type},
    )


def _describe(client: Client) -> web.Response:
    context = client.context
    description = {
        "connectedAt": iso_time(context.connected_at),
        "identity": {"sourceIp": context.source_ip, "userAgent": context.user_agent or ""},
        "lastActiveAt": iso_time(client.last_active_at),
    }
    return web.Response(text=compact(description), content_type="application/json")


def _replace_invalid_utf8(body: bytes) -> bytes:
    """Return the body as UTF-8, because a push is always a text frame; invalid bytes become U+FFFD."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(errors="replace").encode()
    return body

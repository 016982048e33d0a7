"""The management API: `POST`, `GET` and `DELETE` of `/{stage}/@connections/{connectionId}`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
https://docs.aws.amazon.com/apigatewaymanagementapi/latest/reference/Welcome.html
(200 or 204; 403 Forbidden-, 410 Gone-, 413 PayloadTooLarge- and 429 LimitExceededException)
"""

import asyncio

from aiohttp import web

from pulumi_local_aws.gateway.addressing import Address
from pulumi_local_aws.gateway.api.control_plane import ControlPlaneError
from pulumi_local_aws.gateway.clock import iso_time
from pulumi_local_aws.gateway.connection import Connection
from pulumi_local_aws.gateway.faults import CALLBACK_FAULTS, Fault
from pulumi_local_aws.gateway.json_access import compact
from pulumi_local_aws.gateway.permissions import ManagementCall, Permissions
from pulumi_local_aws.gateway.runtime import LOG, Runtime

_NORMAL = (1000, "Connection Closed Normally")
_GONE = (410, "GoneException", "Gone")
_TOO_LARGE = (413, "PayloadTooLargeException", "Payload too large")
_LIMIT = (429, "LimitExceededException", "Too Many Requests")
_FORBIDDEN = (403, "ForbiddenException", "Forbidden")
_FAULT_ANSWERS = {
    Fault.CALLBACK_GONE: _GONE,
    Fault.CALLBACK_TOO_LARGE: _TOO_LARGE,
    Fault.CALLBACK_THROTTLED: _LIMIT,
}


class Callbacks:
    """Answers management calls. The order of checks: signature and policy, stage, rate, connection, size."""

    def __init__(self, runtime: Runtime, permissions: Permissions) -> None:
        self._runtime = runtime
        self._permissions = permissions

    async def answer(
        self, request: web.BaseRequest, target: Address, connection_id: str
    ) -> web.StreamResponse:
        body = await request.read()
        call = ManagementCall(
            method=request.method,
            raw_path=request.raw_path,
            host=request.headers.get("Host", ""),
            headers=request.headers,
            body=body,
            api_id=target.api_id,
            stage=target.stage,
        )
        refusal = await self._denied(call, target) or await self._prevented(connection_id)
        if refusal is not None:
            return refusal
        connection = self._connection(target, connection_id)
        if connection is None:
            return error(*_GONE)
        if request.method == "POST":
            return self._push(connection, body)
        if request.method == "GET":
            return _described(connection)
        connection.socket.close(*_NORMAL)
        return web.Response(status=204)

    async def _denied(self, call: ManagementCall, target: Address) -> web.Response | None:
        """403 by verb, signature, policy or unknown stage."""
        included = self._runtime.served.includes(target.api_id, target.stage)
        if call.method not in ("POST", "GET", "DELETE") or not included:
            return error(*_FORBIDDEN)
        definitions = self._runtime.definitions
        try:
            verdict = await self._permissions.verdict(call)
            if not verdict.allowed:
                headers = {"x-amzn-ErrorType": verdict.error_type}
                return web.Response(
                    status=verdict.status, body=verdict.body, headers=headers, content_type="application/json"
                )
            api = definitions.current(target.api_id) or await definitions.fresh(target.api_id)
        except (OSError, ControlPlaneError) as failure:
            LOG.error("callback: %s", failure)
            return error(500, "InternalServerErrorException", "Internal server error")
        return error(*_FORBIDDEN) if api is None or target.stage not in api.stages else None

    async def _prevented(self, connection_id: str) -> web.Response | None:
        """429 by the account's rate, or a fault that a test asked for."""
        if not self._runtime.throttles.request():
            return error(*_LIMIT)
        rule = self._runtime.faults.hit(CALLBACK_FAULTS, connection_id)
        if rule is None:
            return None
        LOG.info("fault %s", rule.fault)
        if rule.fault is Fault.CALLBACK_DELAYED:
            await asyncio.sleep(rule.seconds)
            return None
        return error(*_FAULT_ANSWERS[rule.fault])

    def _connection(self, target: Address, connection_id: str) -> Connection | None:
        """The open connection of this API and stage; before `$connect` has returned there is none."""
        connection = self._runtime.connections.get(connection_id)
        caller = connection.caller if connection else None
        if connection is None or caller is None or not connection.is_open:
            return None
        return connection if (caller.api_id, caller.stage) == (target.api_id, target.stage) else None

    def _push(self, connection: Connection, body: bytes) -> web.Response:
        if len(body) > self._runtime.limits.message_bytes:
            return error(*_TOO_LARGE)
        if not connection.socket.writable:
            return error(*_LIMIT)
        payload = _as_text(body)
        if connection.held_back is None and (
            rule := self._runtime.faults.hit((Fault.PUSH_REORDERED,), connection.id)
        ):
            LOG.info("fault %s", rule.fault)
            connection.held_back = payload
            asyncio.get_running_loop().call_later(rule.seconds, release, connection)
            return web.Response()
        sent = connection.send(payload)
        release(connection)
        return web.Response() if sent else error(*_GONE)


def release(connection: Connection) -> None:
    """Send the push that was held back, now that a later one has overtaken it or its time is up."""
    if connection.held_back is not None:
        payload, connection.held_back = connection.held_back, None
        connection.send(payload)


def error(status: int, error_type: str, message: str) -> web.Response:
    return web.Response(
        status=status,
        text=compact({"message": message}),
        content_type="application/json",
        headers={"x-amzn-ErrorType": error_type},
    )


def _described(connection: Connection) -> web.Response:
    caller = connection.caller
    if caller is None:
        return error(*_GONE)
    answer = {
        "connectedAt": iso_time(caller.connected_at),
        "identity": {"sourceIp": caller.source_ip, "userAgent": caller.user_agent or ""},
        "lastActiveAt": iso_time(connection.last_active_at),
    }
    return web.Response(text=compact(answer), content_type="application/json")


def _as_text(body: bytes) -> bytes:
    """A push is always a text frame; bytes that are no UTF-8 become U+FFFD."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(errors="replace").encode()
    return body

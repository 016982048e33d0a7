"""The admin interface `/_gateway/…` for tests and tools: health, faults, connections and the clock.

AWS has no counterpart.
"""

from aiohttp import web

from pulumi_local_aws.gateway.faults import FaultRuleError, read_rules
from pulumi_local_aws.gateway.inspector.page import Inspector
from pulumi_local_aws.gateway.json_access import as_object, compact, number, parse
from pulumi_local_aws.gateway.runtime import Runtime

PREFIX = "/_gateway/"


class AdminApi:
    """One method for each path and verb; an invalid request gets 400 with the reason in one line."""

    def __init__(self, runtime: Runtime, inspector: Inspector) -> None:
        self._runtime = runtime
        self._inspector = inspector
        self._actions = {
            ("GET", "health"): self._get_health,
            ("POST", "faults"): self._replace_faults,
            ("DELETE", "faults"): self._delete_faults,
            ("GET", "connections"): self._list_connections,
            ("POST", "clock"): self._set_clock,
        }

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        if path == "inspector":
            return web.Response(status=308, headers={"Location": f"{PREFIX}inspector/"})
        if path.startswith("inspector/"):
            return await self._inspector.respond(request, path.removeprefix("inspector/"))
        if request.method == "DELETE" and path.startswith("connections/"):
            return self._abort_connection(path.removeprefix("connections/"))
        action = self._actions.get((request.method, path))
        if action is None:
            return _json({"message": f"unknown request: {request.method} {request.path}"}, 404)
        try:
            return _json(await action(request))
        except (FaultRuleError, ValueError) as error:
            return _json({"message": str(error)}, 400)

    async def _get_health(self, _: web.BaseRequest) -> object:
        return {
            "status": "ok",
            "connections": len(self._runtime.connections),
            "timeFactor": self._runtime.clock.factor,
        }

    async def _replace_faults(self, request: web.BaseRequest) -> object:
        rules = read_rules(parse(await request.read()))
        self._runtime.faults.replace(rules, int(request.query.get("seed", "0")))
        return {"rules": len(rules)}

    async def _delete_faults(self, _: web.BaseRequest) -> object:
        self._runtime.faults.replace([])
        return {"rules": 0}

    async def _list_connections(self, _: web.BaseRequest) -> object:
        return [
            {
                "connectionId": connection.id,
                "apiId": connection.context.api_id,
                "stage": connection.context.stage,
                "connectedAt": connection.context.connected_at,
                "lastActiveAt": connection.last_active_at,
            }
            for connection in self._runtime.open_connections()
        ]

    async def _set_clock(self, request: web.BaseRequest) -> object:
        factor = number(as_object(parse(await request.read())).get("factor"))
        if factor is None:
            raise ValueError("factor: must be a number above 0")
        self._runtime.clock.set_factor(factor)
        for connection in self._runtime.open_connections():
            connection.restart_timeouts()
        return {"factor": factor}

    def _abort_connection(self, connection_id: str) -> web.Response:
        connection = self._runtime.connections.get(connection_id)
        if connection is None:
            return _json({"message": f"unknown connection: {connection_id}"}, 404)
        connection.abort()
        return web.Response(status=204)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(value), content_type="application/json")

"""`/_gateway/…`: health, faults, connections and the clock, for tests and tools. AWS has nothing like it."""

from aiohttp import web

from pulumi_local_aws.gateway.faults import FaultRuleError, read_rules
from pulumi_local_aws.gateway.json_access import as_object, compact, number, parse
from pulumi_local_aws.gateway.runtime import Runtime

PREFIX = "/_gateway/"


class Admin:
    """One method for each path and verb; what is wrong with a request comes back as 400 with one line."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._paths = {
            ("GET", "health"): self._health,
            ("POST", "faults"): self._replace_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "connections"): self._list_connections,
            ("POST", "clock"): self._set_clock,
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        if request.method == "DELETE" and path.startswith("connections/"):
            return self._cut(path.removeprefix("connections/"))
        action = self._paths.get((request.method, path))
        if action is None:
            return _json({"message": f"no {request.method} {request.path}"}, 404)
        try:
            return _json(await action(request))
        except (FaultRuleError, ValueError) as wrong:
            return _json({"message": str(wrong)}, 400)

    async def _health(self, _: web.BaseRequest) -> object:
        return {
            "status": "ok",
            "connections": len(self._runtime.connections),
            "timeFactor": self._runtime.clock.factor,
        }

    async def _replace_faults(self, request: web.BaseRequest) -> object:
        rules = read_rules(parse(await request.read()))
        self._runtime.faults.replace(rules, int(request.query.get("seed", "0")))
        return {"rules": len(rules)}

    async def _clear_faults(self, _: web.BaseRequest) -> object:
        self._runtime.faults.replace([])
        return {"rules": 0}

    async def _list_connections(self, _: web.BaseRequest) -> object:
        return [
            {
                "connectionId": connection.id,
                "apiId": connection.caller.api_id,
                "stage": connection.caller.stage,
                "connectedAt": connection.caller.connected_at,
                "lastActiveAt": connection.last_active_at,
            }
            for connection in self._runtime.open_connections()
            if connection.caller is not None
        ]

    async def _set_clock(self, request: web.BaseRequest) -> object:
        factor = number(as_object(parse(await request.read())).get("factor"))
        if factor is None:
            raise ValueError("factor: must be a number above 0")
        self._runtime.clock.set_factor(factor)
        for connection in self._runtime.open_connections():
            connection.rearm()
        return {"factor": factor}

    def _cut(self, connection_id: str) -> web.Response:
        connection = self._runtime.connections.get(connection_id)
        if connection is None:
            return _json({"message": "no such connection"}, 404)
        connection.socket.cut()
        return web.Response(status=204)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(value), content_type="application/json")

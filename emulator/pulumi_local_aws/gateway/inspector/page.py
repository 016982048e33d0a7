"""The inspector: a page that shows connections, frames, invocations and log lines as they happen."""

import asyncio
import logging
from pathlib import Path

from aiohttp import web

from pulumi_local_aws.gateway.inspector.function_logs import FunctionLogs
from pulumi_local_aws.gateway.json_access import as_object, compact, parse
from pulumi_local_aws.gateway.runtime import Runtime
from pulumi_local_aws.gateway.traffic import Entry, redact

_LOGGER = logging.getLogger(__name__)
_FILES = {
    "": ("index.html", "text/html"),
    "inspector.css": ("inspector.css", "text/css"),
    "inspector.js": ("inspector.js", "text/javascript"),
    "inspector.svg": ("inspector.svg", "image/svg+xml"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PING_SECONDS = 15.0
_LOG_INTERVAL_SECONDS = 1.0
_MAX_FUNCTIONS = 50


class Inspector:
    """Answers `/_gateway/inspector/…`: the page, its stream of events, and a frame to replay."""

    def __init__(self, runtime: Runtime, logs: FunctionLogs | None) -> None:
        self._runtime = runtime
        self._logs = logs

    async def respond(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if request.method == "GET" and path in _FILES:
            name, content_type = _FILES[path]
            body = (Path(__file__).parent / name).read_bytes()
            return web.Response(body=body, content_type=content_type, charset="utf-8", headers=_HEADERS)
        if request.method == "GET" and path == "events":
            return await self._stream(request)
        if request.method == "POST" and path == "replay":
            return await self._replay(request)
        return web.Response(status=404, text="unknown path")

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send the state and then every entry as Server-Sent Events until the page is closed."""
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        with self._runtime.traffic.watch() as queue:
            functions: set[str] = set()
            log_reader = asyncio.create_task(self._follow_logs(functions, response))
            try:
                await response.write(_event("state", self._state()))
                while True:
                    entry = await _next(queue)
                    if entry is None:
                        break
                    if (function := entry.get("function")) and len(functions) < _MAX_FUNCTIONS:
                        functions.add(str(function))
                    await response.write(_event("entry", entry) if entry else b": ping\n\n")
            except ConnectionError:
                pass
            finally:
                log_reader.cancel()
        return response

    async def _follow_logs(self, functions: set[str], response: web.StreamResponse) -> None:
        since_ms = self._runtime.clock.epoch_ms()
        while self._logs is not None:
            await asyncio.sleep(_LOG_INTERVAL_SECONDS)
            try:
                for function in sorted(functions):
                    for line in await self._logs.read_new(function, since_ms):
                        fields = {
                            "function": function,
                            "time": line.time,
                            "message": redact(line.message),
                        }
                        await response.write(_event("log", fields))
            except ConnectionError:
                return
            except (OSError, ValueError) as error:
                _LOGGER.warning("could not read function logs: %s", error)

    def _state(self) -> Entry:
        return {
            "timeFactor": self._runtime.clock.factor,
            "connections": [
                {"connectionId": client.id, **client.context.summary()}
                for client in self._runtime.open_connections()
            ],
        }

    async def _replay(self, request: web.BaseRequest) -> web.Response:
        """Handle a frame as if the client had sent it."""
        try:
            fields = as_object(parse(await request.read()))
        except ValueError as error:
            return web.Response(status=400, text=str(error))
        payload, connection_id = fields.get("payload"), fields.get("connectionId")
        if not isinstance(payload, str) or not isinstance(connection_id, str):
            return web.Response(status=400, text="connectionId and payload: must be strings")
        client = self._runtime.connections.get(connection_id)
        if client is None or not client.is_open:
            return web.Response(status=404, text=f"unknown connection: {connection_id}")
        client.receive(payload)
        return web.Response(status=204)


async def _next(queue: asyncio.Queue[Entry | None]) -> Entry | None:
    """Return the next entry, or an empty one after 15 s, by which a closed page is noticed."""
    try:
        return await asyncio.wait_for(queue.get(), _PING_SECONDS)
    except TimeoutError:
        return {}


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {compact(data)}\n\n".encode(errors="replace")

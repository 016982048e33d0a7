"""Serves AppSync's Event APIs: publishing over HTTP, and the WebSocket protocol of subscribers.

It runs in front of MiniStack, in MiniStack's own virtual environment, so it imports the standard library
only. MiniStack's own data plane is found by a host name that no browser resolves, it asks a Lambda authorizer
about operations of other modes, and it lacks AppSync's limits. An API's addresses are
`/_aws/appsync/{apiId}/event` and `/_aws/appsync/{apiId}/event/realtime`, and AWS's paths at its host names.

`GET PATH` returns what was counted since the start. `POST PATH` replaces the settings of `Settings`, and
`DELETE PATH` resets them. `DELETE PATH/connections` closes all connections.

Sources: AWS AppSync Events Developer Guide, "Understanding the Event API WebSocket protocol", "Publish events
via HTTP" and "Publish events via WebSocket"; AWS General Reference, "AWS AppSync endpoints and quotas".
"""

import asyncio
import base64
import json
import logging
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

if TYPE_CHECKING:
    from pulumi_local_aws.event_api_access import EventApiAccess

_LOGGER = logging.getLogger("local-aws")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Names = Callable[..., Any]

PATH = "/_local-aws/event-apis"
SUBPROTOCOL = "aws-appsync-event-ws"
MAX_EVENTS = 5
"""Events of one publish request."""
MAX_REQUEST_BYTES = 240 * 1024
"""The size of a publish request."""
MAX_SUBSCRIPTIONS = 100
"""Subscriptions of one connection."""
UNIT_BYTES = 5 * 1024
"""What AWS counts as one message of an event."""

_BY_PATH = re.compile(r"/_aws/appsync/(?P<api>[a-z0-9]+)(?P<path>/.*)?")
_BY_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.appsync-(?:realtime-)?api\.")
_SUBSCRIPTION_ID = re.compile(r"[A-Za-z0-9_+-]{1,128}")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"*"),
)
_CLOSING_SECONDS = 5.0
"""How long the end of a connection waits for a client that does not read."""
_GOING_AWAY, _BAD_REQUEST_CLOSE, _UNAUTHORIZED_CLOSE = 1001, 4400, 4401


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for an API. `path` is AWS's, and `signed_path` the one that the client sent and signed."""

    api_id: str
    path: str
    signed_path: str
    method: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a test may change: AWS's intervals in seconds, and which operations fail.

    `connection_timeout_seconds` is how long a client waits for a keep-alive message at most. The next
    `failed_publishes` requests get status 500, and the next `lost_deliveries` events reach no subscriber.
    """

    keep_alive_seconds: float = 60.0
    connection_timeout_seconds: float = 300.0
    connection_seconds: float = 24 * 3600.0
    failed_publishes: int = 0
    lost_deliveries: int = 0


@dataclass(eq=False, kw_only=True)
class Connection:
    """An open connection of a subscriber, and the frames that wait to be sent.

    `request` is the publish request that a frame of the client stands for.
    """

    request: Request
    outbox: "asyncio.Queue[dict[str, Any] | None]" = field(default_factory=asyncio.Queue)
    subscriptions: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def push(self, kind: str, **members: Any) -> None:
        """Send a message of the server."""
        self.outbox.put_nowait({"type": kind, **members})

    def refuse(self, kind: str, operation_id: object, reason: "Refused") -> None:
        """Send an operation's error."""
        errors = [{"errorType": reason.error_type, "message": reason.message}]
        self.push(kind, id=operation_id, errors=errors)


class Refused(Exception):  # noqa: N818 -- an answer of AWS, not a failure of this program
    """An operation that AWS refuses, with the status of an HTTP request."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error_type, self.message = status, error_type, message


class EventApis:
    """The data plane of all Event APIs: their open connections, the settings and the counts."""

    def __init__(
        self,
        event_apis: Any,
        responses: Any,
        access: "EventApiAccess",
        *,
        attempt: Names,
        segments: Names,
        matches: Names,
    ) -> None:
        """Take modules of MiniStack, and the parts of `event_api_access.py` and `event_api_channels.py`."""
        self._namespaces = event_apis.get("_channel_namespaces")
        self._discover = event_apis.get("_discover_api_scope")
        self._account_id = responses.get("_request_account_id")
        self._region = responses.get("_request_region")
        self._access, self._attempt = access, attempt
        self._segments, self._matches = segments, matches
        self._connections: set[Connection] = set()
        self._counts: Counter[str] = Counter()
        self._settings = Settings()
        self._failures_left = self._losses_left = 0

    def in_front_of(self, app: App) -> App:
        """Return the ASGI application with the Event APIs in front of it."""

        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in ("http", "websocket"):
                await app(scope, receive, send)
                return
            request = _request(scope)
            if scope["type"] == "http" and scope["path"].startswith(PATH):
                await self._administer(scope, receive, send)
            elif request is None:
                await app(scope, receive, send)
            elif scope["type"] == "websocket":
                await self._connect(request, receive, send)
            else:
                await self._answer(request, receive, send)

        return handle

    # Publishing over HTTP

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if request.method == "OPTIONS":
            await _respond(send, 200, {})
            return
        try:
            answer = await self._publish(request, body, request.headers)
        except Refused as reason:
            errors = [{"errorType": reason.error_type, "message": reason.message}]
            await _respond(send, reason.status, {"errors": errors}, error_type=reason.error_type)
        else:
            await _respond(send, 200, answer)

    async def _publish(
        self, request: Request, body: bytes, authorization: Mapping[str, str]
    ) -> dict[str, Any]:
        """Deliver the events of a request's body; return AWS's answer. Raises Refused."""
        if (request.method, request.path) != ("POST", "/event"):
            raise Refused(404, "UnknownOperationException", "Unknown Operation Request.")
        self._enter(request.api_id)
        if len(body) > MAX_REQUEST_BYTES:
            raise Refused(413, "RequestEntityTooLargeException", "Request Entity Too Large")
        content = _json_object(body)
        if content is None:
            raise Refused(400, "SerializationException", "Unable to parse request body")
        channel, events = content.get("channel"), content.get("events")
        if not channel:
            raise Refused(400, "BadRequestException", "Missing channel")
        if not events or not isinstance(events, list):
            raise Refused(400, "BadRequestException", "Missing events")
        listed = cast("list[object]", events)
        if len(listed) > MAX_EVENTS:
            raise Refused(400, "BadRequestException", f"Input exceeded {MAX_EVENTS} event limit")
        target = self._segments(channel)
        if target is None:
            raise Refused(400, "BadRequestException", "Invalid Channel Format")
        await self._authorize(
            self._attempt(
                api_id=request.api_id,
                operation="EVENT_PUBLISH",
                authorization=authorization,
                path=request.signed_path,
                body=body,
                headers=request.headers,
                channel=channel,
                namespace=target[0],
            )
        )
        if self._failures_left > 0:
            self._failures_left -= 1
            raise Refused(500, "InternalFailureException", "Internal failure")
        self._counts["publishRequests"] += 1
        return self._deliver(request.api_id, target, listed)

    def _deliver(self, api_id: str, channel: tuple[str, ...], events: list[object]) -> dict[str, Any]:
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for index, event in enumerate(events):
            outcome: dict[str, Any] = {"identifier": str(uuid.uuid4()), "index": index}
            if not isinstance(event, str) or not _is_json(event):
                message = "The event must be a string with a JSON value"
                failed.append({**outcome, "code": 400, "errorMessage": message})
                continue
            successful.append(outcome)
            units = -(-len(event.encode()) // UNIT_BYTES)
            self._counts.update(publishedEvents=1, inboundUnits=units)
            for connection, subscription_id in self._subscribers(api_id, channel):
                if self._losses_left > 0:
                    self._losses_left -= 1
                    continue
                connection.push("data", id=subscription_id, event=event)
                self._counts.update(deliveredEvents=1, outboundUnits=units)
        return {"successful": successful, "failed": failed}

    def _subscribers(self, api_id: str, channel: tuple[str, ...]) -> Iterator[tuple[Connection, str]]:
        for connection in self._connections:
            if connection.request.api_id == api_id:
                for subscription_id, pattern in connection.subscriptions.items():
                    if self._matches(pattern, channel):
                        yield connection, subscription_id

    # The WebSocket protocol

    async def _connect(self, request: Request, receive: Receive, send: Send) -> None:
        """Accept a connection, check its authorization, and serve it until it ends."""
        await receive()
        offered = [name.strip() for name in request.headers.get("sec-websocket-protocol", "").split(",")]
        if request.path != "/event/realtime" or SUBPROTOCOL not in offered:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        publishing = replace(
            request, method="POST", path="/event", signed_path=request.signed_path.removesuffix("/realtime")
        )
        try:
            self._enter(request.api_id)
            await self._authorize(
                self._attempt(
                    api_id=request.api_id,
                    operation="EVENT_CONNECT",
                    authorization=_authorization(request.api_id, _authorization_entry(offered)),
                    path=publishing.signed_path,
                    body=b"{}",
                    headers=request.headers,
                )
            )
        except Refused as reason:
            error = {"errorType": reason.error_type, "errorCode": reason.status, "message": reason.message}
            await _send_frame(send, {"type": "connection_error", "errors": [error]})
            code = _UNAUTHORIZED_CLOSE if reason.status == 401 else _BAD_REQUEST_CLOSE
            await send({"type": "websocket.close", "code": code})
            return
        await self._serve(Connection(request=publishing), receive, send)

    async def _serve(self, connection: Connection, receive: Receive, send: Send) -> None:
        """Handle a connection's frames until the client or the limit of its duration ends it."""
        self._connections.add(connection)
        self._counts["connects"] += 1
        tasks = [
            asyncio.create_task(_write(connection, send)),
            asyncio.create_task(self._keep_alive(connection)),
        ]
        try:
            async with asyncio.timeout(self._settings.connection_seconds):
                while (message := await receive())["type"] == "websocket.receive":
                    text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
                    await self._handle(connection, text)
        except TimeoutError:
            connection.outbox.put_nowait(None)
            await asyncio.wait(tasks[:1], timeout=_CLOSING_SECONDS)
        finally:
            self._connections.discard(connection)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_alive(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_seconds)
            connection.push("ka")

    async def _handle(self, connection: Connection, text: str) -> None:
        """Handle one frame of a client."""
        frame = _json_object(text.encode()) or {}
        kind, operation_id = frame.get("type"), frame.get("id")
        if kind == "connection_init":
            milliseconds = round(self._settings.connection_timeout_seconds * 1000)
            connection.push("connection_ack", connectionTimeoutMs=milliseconds)
        elif kind in ("subscribe", "publish"):
            operate = self._subscribe if kind == "subscribe" else self._publish_frame
            try:
                answer = await operate(connection, operation_id, frame)
                connection.push(f"{kind}_success", id=operation_id, **answer)
            except Refused as reason:
                connection.refuse(f"{kind}_error", operation_id, reason)
        elif kind == "unsubscribe":
            if connection.subscriptions.pop(str(operation_id), None) is not None:
                connection.push("unsubscribe_success", id=operation_id)
            else:
                unknown = Refused(400, "UnknownOperationError", f"Unknown operation id {operation_id}")
                connection.refuse("unsubscribe_error", operation_id, unknown)
        else:
            error = {"errorType": "UnsupportedOperation", "message": "Operation not supported"}
            connection.push("error", errors=[error])

    async def _subscribe(
        self, connection: Connection, operation_id: object, frame: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Add a subscription. Raises Refused."""
        identifier = _operation_id(operation_id)
        channel = frame.get("channel")
        pattern = self._segments(channel, wildcard=True)
        if pattern is None:
            raise Refused(400, "BadRequestException", "Invalid Channel Format")
        if identifier in connection.subscriptions:
            raise Refused(
                400, "DuplicatedOperationError", f"The id {identifier} is in use on this connection"
            )
        if len(connection.subscriptions) >= MAX_SUBSCRIPTIONS:
            message = f"Max number of {MAX_SUBSCRIPTIONS} subscriptions reached"
            raise Refused(400, "MaxSubscriptionsReachedError", message)
        await self._authorize(
            self._attempt(
                api_id=connection.request.api_id,
                operation="EVENT_SUBSCRIBE",
                authorization=_authorization(connection.request.api_id, frame.get("authorization")),
                path=connection.request.signed_path,
                body=_compact({"channel": channel}),
                headers=connection.request.headers,
                channel=channel,
                namespace=pattern[0],
            )
        )
        connection.subscriptions[identifier] = pattern
        self._counts["subscribes"] += 1
        return {}

    async def _publish_frame(
        self, connection: Connection, operation_id: object, frame: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Publish the events of a frame. Raises Refused."""
        _operation_id(operation_id)
        body = _compact({"channel": frame.get("channel"), "events": frame.get("events")})
        authorization = _authorization(connection.request.api_id, frame.get("authorization"))
        return await self._publish(connection.request, body, authorization)

    # What both have in common

    def _enter(self, api_id: str) -> None:
        """Let MiniStack find the API's records in this task. Raises Refused if there is no such API."""
        scope = self._discover(api_id, self._account_id.get())
        if scope is None:
            raise Refused(404, "ResourceNotFoundException", "Unable to find the Api.")
        self._account_id.set(scope[0])
        self._region.set(scope[1])

    async def _authorize(self, attempt: Any) -> None:
        """Raise Refused if the operation is not allowed, or if the API or its namespace does not exist."""
        self._enter(attempt.api_id)
        known = attempt.namespace is None or attempt.namespace in self._namespaces.get(attempt.api_id, {})
        reason = await self._access.refusal(attempt) if known else "There is no such channel namespace."
        if reason is not None:
            _LOGGER.warning(
                "refused: %s on the Event API %s, %s: %s",
                attempt.operation,
                attempt.api_id,
                attempt.channel or "the connection",
                reason,
            )
            raise Refused(401, "UnauthorizedException", reason)

    async def _administer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of a test."""
        body = await _read(receive)
        match scope["method"], scope["path"].removeprefix(PATH):
            case "GET", "":
                await _respond(send, 200, self._report())
            case "POST", "":
                try:
                    self._replace_settings(_settings(json.loads(body)))
                except (TypeError, ValueError) as error:
                    await _respond(send, 400, {"message": str(error)})
                    return
                await _respond(send, 200, self._report())
            case "DELETE", "":
                self._replace_settings(Settings())
                await _respond(send, 200, self._report())
            case "DELETE", "/connections":
                for connection in self._connections:
                    connection.outbox.put_nowait(None)
                await _respond(send, 200, self._report())
            case _:
                await _respond(send, 405, {"message": "must be GET, POST or DELETE"})

    def _replace_settings(self, settings: Settings) -> None:
        self._settings = settings
        self._failures_left, self._losses_left = settings.failed_publishes, settings.lost_deliveries

    def _report(self) -> dict[str, Any]:
        subscriptions = sum(len(connection.subscriptions) for connection in self._connections)
        return {"connections": len(self._connections), "subscriptions": subscriptions, **self._counts}


def _settings(request: Mapping[str, Any]) -> Settings:
    """Return the settings of a request, with names in camel case. Raises ValueError for an unknown one."""
    names = {re.sub(r"_(\w)", lambda found: found[1].upper(), one.name): one.name for one in fields(Settings)}
    unknown = sorted(set(request) - set(names))
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown; must be one of {', '.join(sorted(names))}")
    return Settings(**{names[name]: value for name, value in request.items()})


def _request(scope: Scope) -> Request | None:
    """Return the request for an API, or None if it is for another service."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path: str = scope["path"]
    raw_path: bytes = scope.get("raw_path") or quote(path).encode()
    found = _BY_PATH.fullmatch(path) or _BY_HOST.match(headers.get("host", ""))
    if found is None or (found.re is _BY_HOST and not path.startswith("/event")):
        return None
    return Request(
        api_id=found["api"],
        path=path if found.re is _BY_HOST else found["path"] or "/",
        signed_path=raw_path.decode("latin-1").partition("?")[0],
        method=scope.get("method", "GET"),
        headers=headers,
    )


def _authorization(api_id: str, given: object) -> Mapping[str, str]:
    """Return the headers of a client's authorization object in lower case. Raises Refused."""
    entries: Mapping[str, object] = cast("Mapping[str, object]", given) if isinstance(given, Mapping) else {}
    found = {name.lower(): str(value) for name, value in entries.items()}
    host = found.get("host", "").rpartition(":")[0] or found.get("host", "")
    if host not in _LOOPBACK and not host.startswith(f"{api_id}.appsync-api."):
        raise Refused(401, "UnauthorizedException", "Required headers are missing.")
    return found


def _authorization_entry(offered: list[str]) -> object:
    """Return the authorization object in a subprotocol `header-{base64url}`, or None. Raises Refused."""
    entry = next((name.removeprefix("header-") for name in offered if name.startswith("header-")), None)
    if entry is None:
        return None
    try:
        return json.loads(base64.b64decode(entry + "=" * (-len(entry) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise Refused(
            400, "BadRequestException", "The header subprotocol is not JSON in base64url."
        ) from error


def _operation_id(given: object) -> str:
    if isinstance(given, str) and _SUBSCRIPTION_ID.fullmatch(given):
        return given
    raise Refused(
        400, "BadRequestException", "The id must have 1 to 128 characters of A-Z, a-z, 0-9, -, _, +."
    )


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


async def _write(connection: Connection, send: Send) -> None:
    """Send what waits in the outbox; None closes the connection."""
    while (frame := await connection.outbox.get()) is not None:
        await _send_frame(send, frame)
    await send({"type": "websocket.close", "code": _GOING_AWAY})


async def _send_frame(send: Send, frame: Mapping[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(frame)})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _respond(send: Send, status: int, value: Mapping[str, Any], *, error_type: str = "") -> None:
    headers = [(b"content-type", b"application/json"), *_CORS]
    if error_type:
        headers.append((b"x-amzn-errortype", error_type.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})

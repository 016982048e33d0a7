"""One client connection: `$connect`, its messages, the pushes to it, and its end.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

import logging
from collections.abc import Callable

from websockets.http11 import Request

from pulumi_local_aws.gateway.addressing import Address, address
from pulumi_local_aws.gateway.api.cache import ApiCache
from pulumi_local_aws.gateway.background_tasks import BackgroundTasks
from pulumi_local_aws.gateway.ids import log_id, new_id
from pulumi_local_aws.gateway.integrations.errors import ConnectRefusedError
from pulumi_local_aws.gateway.integrations.events import ConnectionContext, UpgradeRequest
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.local_origin import host_refusal
from pulumi_local_aws.gateway.routes.connect import handle_connect
from pulumi_local_aws.gateway.routes.message import handle_message
from pulumi_local_aws.gateway.runtime import Runtime
from pulumi_local_aws.gateway.transport.timeouts import ConnectionTimeouts
from pulumi_local_aws.gateway.transport.websocket import WebSocket

GOING_AWAY = (1001, "Going away")
OnDisconnected = Callable[[ConnectionContext, int, str], None]
_LOGGER = logging.getLogger(__name__)


class Connection:
    """Handles the events of one WebSocket. Its messages run concurrently, each in its own task."""

    def __init__(
        self,
        runtime: Runtime,
        apis: ApiCache,
        limits: Limits,
        tasks: BackgroundTasks,
        on_disconnected: OnDisconnected,
    ) -> None:
        """`on_disconnected` is called once with the close code and reason, if `$connect` was reached."""
        self._runtime = runtime
        self._apis = apis
        self._limits = limits
        self._tasks = tasks
        self._on_disconnected = on_disconnected
        self._context: ConnectionContext | None = None
        self._timeouts = ConnectionTimeouts(runtime.clock, limits, self._on_timeout)
        self.socket = WebSocket(limits, self)
        self.id = new_id()
        self.last_active_at = 0

    # The Client protocol.

    @property
    def log_id(self) -> str:
        return log_id(self.id)

    @property
    def context(self) -> ConnectionContext:
        if self._context is None:
            raise RuntimeError("the connection has no context before its upgrade request was read")
        return self._context

    @property
    def is_open(self) -> bool:
        return self.socket.is_open

    @property
    def is_writable(self) -> bool:
        return self.socket.is_writable

    def send(self, payload: bytes) -> bool:
        self._record_activity()
        return self.socket.send(payload)

    def close(self, code: int, reason: str) -> None:
        self.socket.close(code, reason)

    def abort(self) -> None:
        self.socket.abort()

    def restart_timeouts(self) -> None:
        self._timeouts.start()

    # Called by the WebSocket.

    def on_upgrade_request(self, request: Request) -> None:
        self._tasks.spawn(self._open(request))

    def on_message(self, text: str) -> None:
        self.receive(text)

    def receive(self, text: str) -> None:
        self._record_activity()
        api = self._apis.get_cached(self.context.api_id)
        self._tasks.spawn(handle_message(self._runtime, api, self, text))

    def on_close(self, code: int, reason: str) -> None:
        self._timeouts.stop()
        self._runtime.connections.pop(self.id, None)
        self._runtime.traffic.record("disconnected", self.id, code=code, reason=reason)
        _LOGGER.info("disconnected connection=%s code=%d", self.log_id, code)
        self._on_disconnected(self.context, code, reason)

    async def _open(self, request: Request) -> None:
        """Answer the upgrade request with 101, or with the status that AWS refuses it with."""
        if not self.socket.validate(request):
            return
        upgrade = _read_upgrade(request, self.socket.peer_ip)
        try:
            target = self._target(upgrade)
            self._context = self._build_context(target, upgrade)
            subprotocol = await handle_connect(self._runtime, self._apis, self._context, upgrade)
        except ConnectRefusedError as refusal:
            self._refuse(refusal)
            return
        except Exception:
            _LOGGER.exception("$connect failed connection=%s", self.log_id)
            self._refuse(ConnectRefusedError(500, "Internal server error"))
            return
        except BaseException:
            self.socket.abort()
            raise
        self._runtime.connections[self.id] = self
        self.last_active_at = self._runtime.clock.epoch_ms()
        if self.socket.accept(subprotocol):
            _LOGGER.info("connected connection=%s api=%s stage=%s", self.log_id, target.api_id, target.stage)
            self._timeouts.record_activity()
            self._timeouts.start()
            self._runtime.traffic.record("connected", self.id, **self.context.summary())
        else:
            self.on_close(1006, "Connection closed abnormally")

    def _refuse(self, refusal: ConnectRefusedError) -> None:
        _LOGGER.info("refused connection=%s status=%d", self.log_id, refusal.status)
        self._runtime.traffic.record("refused", self.id, status=refusal.status, payload=refusal.message)
        body: dict[str, object] = {"message": refusal.message}
        if self._context is not None:
            body |= {"connectionId": self.id, "requestId": new_id()}
        self.socket.refuse(refusal.status, body)

    def _record_activity(self) -> None:
        """Restart the idle time: a message was received or sent."""
        self.last_active_at = self._runtime.clock.epoch_ms()
        self._timeouts.record_activity()

    def _on_timeout(self, cause: str) -> None:
        _LOGGER.info("closing connection=%s cause=%s", self.log_id, cause)
        self.socket.close(*GOING_AWAY)

    def _target(self, upgrade: UpgradeRequest) -> Address:
        """Return the API and stage that the request addresses. Raises ConnectRefusedError."""
        if host_refusal(upgrade.host):
            raise ConnectRefusedError(403, "Forbidden")
        query = f"?{upgrade.query}" if upgrade.query else ""
        if len(f"wss://{upgrade.host}{upgrade.path}{query}") > self._limits.url_characters:
            raise ConnectRefusedError(414, "URI Too Long")
        header_bytes = sum(len(name) + len(value) for name, value in upgrade.headers)
        if header_bytes > self._limits.header_bytes:
            raise ConnectRefusedError(431, "Request Header Fields Too Large")
        target = address(upgrade.host, upgrade.path)
        if target is None or target.rest:
            raise ConnectRefusedError(403, "Forbidden")
        return target

    def _build_context(self, target: Address, upgrade: UpgradeRequest) -> ConnectionContext:
        host_prefix = f"{target.api_id}.execute-api."
        is_host_form = upgrade.host.startswith(host_prefix)
        return ConnectionContext(
            api_id=target.api_id,
            stage=target.stage,
            connection_id=self.id,
            connected_at=self._runtime.clock.epoch_ms(),
            domain_name=upgrade.host if is_host_form else f"{host_prefix}localhost:{self.socket.local_port}",
            source_ip=upgrade.source_ip,
            user_agent=upgrade.header("User-Agent"),
        )


def _read_upgrade(request: Request, peer_ip: str) -> UpgradeRequest:
    path, _, query = request.path.partition("?")
    return UpgradeRequest(
        headers=tuple(request.headers.raw_items()), path=path, query=query, source_ip=peer_ip
    )

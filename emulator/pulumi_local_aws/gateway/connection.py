"""One client connection: `$connect`, its messages, the pushes to it, and `$disconnect`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from websockets.http11 import Request

from pulumi_local_aws.gateway.addressing import Address, address
from pulumi_local_aws.gateway.ids import log_id, new_id
from pulumi_local_aws.gateway.integrations.authorizer import Refused
from pulumi_local_aws.gateway.integrations.events import Caller, Handshake
from pulumi_local_aws.gateway.routes.connect import admit
from pulumi_local_aws.gateway.routes.disconnect import report_disconnect
from pulumi_local_aws.gateway.routes.message import answer_message
from pulumi_local_aws.gateway.runtime import LOG, Runtime
from pulumi_local_aws.gateway.transport.timeouts import Lifetime
from pulumi_local_aws.gateway.transport.websocket import WebSocket

GOING_AWAY = (1001, "Going away")


class Connection:
    """The WebSocket's handler. Messages run concurrently: none waits for another one's integration."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.socket = WebSocket(runtime.limits, self)
        self.id = new_id()
        self.caller: Caller | None = None
        self.last_active_at = 0
        self.held_back: bytes | None = None
        self._lifetime = Lifetime(runtime.clock, runtime.limits, self._end)

    @property
    def is_open(self) -> bool:
        return self.socket.is_open

    @property
    def log_id(self) -> str:
        return log_id(self.id)

    def opening(self, request: Request) -> None:
        self._runtime.spawn(self._open(request))

    async def _open(self, request: Request) -> None:
        """Answer an upgrade request: 101, or the status that AWS refuses with."""
        runtime = self._runtime
        if not self.socket.is_valid(request):
            return
        handshake = _handshake(request, self.socket.peer)
        try:
            target = self._target(request, handshake)
            self.caller = self._caller(target, handshake)
            subprotocol = await admit(runtime, self.caller, handshake)
        except Refused as refused:
            LOG.info("refused connection=%s status=%d", self.log_id, refused.status)
            body: dict[str, object] = {"message": refused.message}
            if self.caller is not None:
                body |= {"connectionId": self.id, "requestId": new_id()}
            self.socket.refuse(refused.status, body)
            return
        except BaseException:
            self.socket.cut()
            raise
        runtime.connections[self.id] = self
        self.last_active_at = runtime.clock.epoch_ms()
        if self.socket.accept(subprotocol):
            LOG.info("connected connection=%s api=%s stage=%s", self.log_id, target.api_id, target.stage)
            self._lifetime.touch()
            self._lifetime.arm()
        else:
            self.closed(1006, "Connection closed abnormally")

    def received(self, text: str) -> None:
        if self.caller is None:
            return
        self.touch()
        self._runtime.spawn(answer_message(self._runtime, self, self.caller, text))

    def closed(self, code: int, reason: str) -> None:
        self._lifetime.stop()
        self._runtime.connections.pop(self.id, None)
        LOG.info("disconnected connection=%s code=%d", self.log_id, code)
        if self.caller is not None:
            self._runtime.spawn(report_disconnect(self._runtime, self.caller, code, reason))

    def send(self, payload: bytes) -> bool:
        """Send a text message; False where the connection is closed."""
        self.touch()
        return self.socket.send(payload)

    def touch(self) -> None:
        """Activity, in either direction, starts the idle time anew."""
        self.last_active_at = self._runtime.clock.epoch_ms()
        self._lifetime.touch()

    def rearm(self) -> None:
        """The clock's factor changed."""
        self._lifetime.arm()

    def _end(self, cause: str) -> None:
        LOG.info("ending connection=%s cause=%s", self.log_id, cause)
        self.socket.close(*GOING_AWAY)

    def _target(self, request: Request, handshake: Handshake) -> Address:
        """The stage that is addressed; raises Refused."""
        if len(f"wss://{handshake.host}{request.path}") > self._runtime.limits.url_characters:
            raise Refused(414, "URI Too Long")
        target = address(handshake.host, request.path.partition("?")[0])
        if target is None or target.rest:
            raise Refused(403, "Forbidden")
        return target

    def _caller(self, target: Address, handshake: Handshake) -> Caller:
        by_host = f"{target.api_id}.execute-api."
        domain = (
            handshake.host
            if handshake.host.startswith(by_host)
            else f"{by_host}localhost:{self._runtime.port}"
        )
        return Caller(
            api_id=target.api_id,
            stage=target.stage,
            connection_id=self.id,
            connected_at=self._runtime.clock.epoch_ms(),
            domain_name=domain,
            source_ip=handshake.source_ip,
            user_agent=handshake.header("User-Agent"),
        )


def _handshake(request: Request, peer: str) -> Handshake:
    return Handshake(
        headers=tuple(request.headers.raw_items()),
        query=request.path.partition("?")[2],
        source_ip=peer,
        host=request.headers.get("Host", ""),
    )

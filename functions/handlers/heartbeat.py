"""heartbeat, if the stack records heartbeats. Otherwise API Gateway replies without a function."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

heartbeat = container.heartbeat


@route("heartbeat")
def handler(request: Request) -> Message:
    """Reply heartbeatAck with the server's time and the connection's start."""
    return heartbeat(request.connection_id, request.connected_at_ms)

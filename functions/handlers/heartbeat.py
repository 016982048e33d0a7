"""heartbeat, where the stack records heartbeats; elsewhere API Gateway answers it without a function."""

from bootstrap import keep_alive
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

heartbeat = keep_alive.heartbeat()


@route("heartbeat")
def handler(request: Request) -> Message:
    """Reply heartbeatAck with the server's time and when the connection began."""
    return heartbeat(request.connection_id, request.connected_at_ms)

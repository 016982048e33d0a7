"""heartbeat, if the stack records heartbeats. Otherwise API Gateway replies without a function."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message
from wire.replies import heartbeat_ack

heartbeat = container.heartbeat


@route("heartbeat", counts_refusals_only=True)
def handler(request: Request) -> Message:
    """Reply heartbeatAck with the server's time and the connection's start."""
    return heartbeat_ack(heartbeat(request.connection_id, request.connected_at_ms), request.connected_at_ms)

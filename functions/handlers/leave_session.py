"""leaveSession: detaches the connection, which stays open."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message
from wire.replies import session_left

leave_session = container.leave_session


@route("leaveSession")
def handler(request: Request) -> Message:
    """Reply sessionLeft."""
    return session_left(leave_session(request.connection_id, request_id=request.request_id))

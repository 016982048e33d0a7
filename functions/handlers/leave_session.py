"""leaveSession: detaches the connection, which stays open."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

leave_session = container.leave_session


@route("leaveSession")
def handler(request: Request) -> Message:
    """Reply sessionLeft."""
    return leave_session(request.connection_id, request_id=request.request_id)

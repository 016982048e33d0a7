"""leaveSession: the connection stays, its attachment goes."""

from bootstrap import sessions
from handlers.request import Request
from handlers.route import route
from sessions.ports import Message

leave_session = sessions.leave_session()


@route("leaveSession")
def handler(request: Request) -> Message:
    """Reply sessionLeft."""
    return leave_session(request.connection_id, request_id=request.request_id)

"""getSession: returns a session, by its id or by the connection's attachment."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

get_session = container.get_session


@route("getSession")
def handler(request: Request) -> Message:
    """Reply session."""
    return get_session(request.connection_id, session_id=request.message.get("sessionId"))

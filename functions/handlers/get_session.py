"""getSession: returns a session, by its id or by the connection's attachment."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message
from wire.replies import session_view

get_session = container.get_session


@route("getSession")
def handler(request: Request) -> Message:
    """Reply session."""
    return session_view(get_session(request.caller, session_id=request.message.get("sessionId")))

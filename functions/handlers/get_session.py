"""getSession: what a session is, by its id or by the connection's attachment."""

from bootstrap import sessions
from handlers.request import Request
from handlers.route import route
from sessions.ports import Message

get_session = sessions.get_session()


@route("getSession")
def handler(request: Request) -> Message:
    """Reply session."""
    return get_session(request.connection_id, session_id=request.message.get("sessionId"))

"""joinSession: joins a session as a listener, or recovers a position."""

from container import container
from domain.ports import Message
from handlers.request import Request, position_of
from handlers.route import route

join_session = container.join_session


@route("joinSession")
def handler(request: Request) -> Message:
    """Reply sessionJoined. Missed messages are pushed before."""
    return join_session(
        request.caller,
        session_id=request.message["sessionId"],
        target_language=request.message["targetLanguage"],
        position=position_of(request.message),
    )

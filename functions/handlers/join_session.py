"""joinSession: joins a session as a listener, or recovers a position."""

from container import container
from handlers.request import Request, position_of
from handlers.route import route
from wire.pushes import Message
from wire.replies import session_joined

join_session = container.join_session


@route("joinSession", counts_refusals_only=True)
def handler(request: Request) -> Message:
    """Reply sessionJoined. Missed messages are pushed before."""
    return session_joined(
        join_session(
            request.caller,
            session_id=request.message["sessionId"],
            target_language=request.message["targetLanguage"],
            position=position_of(request.message),
            on_channel=request.message.get("onChannel", False),
        )
    )

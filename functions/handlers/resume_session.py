"""resumeSession: makes the connection the speaker of its user's session."""

from container import container
from handlers.request import Request, position_of
from handlers.route import route
from wire.pushes import Message
from wire.replies import session_resumed

resume_session = container.resume_session


@route("resumeSession")
def handler(request: Request) -> Message:
    """Reply sessionResumed. Missed messages are pushed before."""
    return session_resumed(
        resume_session(
            request.caller,
            session_id=request.message["sessionId"],
            position=position_of(request.message),
            request_id=request.request_id,
            generation=request.message.get("generation"),
        )
    )

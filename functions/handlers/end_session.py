"""endSession: ends the session for everyone."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message, session_ended

end_session = container.end_session


@route("endSession")
def handler(request: Request) -> Message:
    """Reply sessionEnded. Everyone else in the session gets it as a push."""
    return session_ended(end_session.as_speaker(request.connection_id))

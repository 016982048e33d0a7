"""updateSession: pauses or continues the session, or changes its quality."""

from container import container
from handlers.request import Request, change_of
from handlers.route import route
from wire.pushes import Message, session_updated

update_session = container.update_session


@route("updateSession")
def handler(request: Request) -> Message:
    """Reply sessionUpdated. Everyone else in the session gets it as a push."""
    change = change_of(request.message)
    event = update_session.as_speaker(request.connection_id, change, request_id=request.request_id)
    return session_updated(event)

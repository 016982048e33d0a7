"""DELETE /sessions/{sessionId}: ends the owner's session for everyone."""

from container import container
from handlers.http import HttpRequest, http_route
from wire.pushes import Message, session_ended

end_session = container.end_session


@http_route("DELETE /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Respond with the fields of sessionEnded, also to a repeat. 403 for other users."""
    return session_ended(end_session.as_owner(request.subject, request.session_id))

"""DELETE /sessions/{sessionId}: the owner ends the session for everyone."""

from container import container
from domain.ports import Message
from handlers.http import HttpRequest, http_route

end_session = container.end_session


@http_route("DELETE /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Answer with the fields of sessionEnded, also the second time. 403 for non-owners."""
    return end_session.as_owner(request.subject, request.session_id)

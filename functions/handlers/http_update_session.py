"""PATCH /sessions/{sessionId}: pauses or continues the owner's session, or changes its quality."""

from container import container
from handlers.http import HttpRequest, http_route
from handlers.request import change_of
from wire.parsing import check_body
from wire.pushes import Message, session_updated

update_session = container.update_session


@http_route("PATCH /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Respond with the fields of sessionUpdated, which everyone else gets as a push. 403 for other users."""
    body = request.body
    check_body("updateSession", body)
    return session_updated(update_session.as_owner(request.subject, request.session_id, change_of(body)))

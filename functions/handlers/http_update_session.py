"""PATCH /sessions/{sessionId}: the owner pauses the session, goes on, or changes its quality."""

from container import container
from domain.ports import Message
from handlers.http import HttpRequest, http_route
from handlers.request import change_of
from wire.parsing import check_body

update_session = container.update_session


@http_route("PATCH /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Answer with the fields of sessionUpdated; everyone concerned gets it as a push. 403 for non-owners."""
    body = request.body
    check_body("updateSession", body)
    return update_session.as_owner(request.subject, request.session_id, change_of(body))

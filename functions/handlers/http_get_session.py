"""GET /sessions/{sessionId}: returns a session without a connection.

The route is public if the stack allows anonymous listeners, as they may send getSession, and a page reads a
session before it connects. Otherwise the route has the JWT authorizer, and any signed-in user may send the
request. The response has only what a listener may know. Anonymous requests are limited by address.
"""

from dataclasses import replace

from container import container
from handlers.http import HttpRequest, http_route
from wire.pushes import Message
from wire.replies import session_view

look_up_session = container.look_up_session
anonymous_allowed = container.settings.allow_anonymous


@http_route("GET /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Answer with the fields of session."""
    caller = request.caller if anonymous_allowed else replace(request.caller, subject=request.subject)
    return session_view(look_up_session(request.session_id, caller=caller))

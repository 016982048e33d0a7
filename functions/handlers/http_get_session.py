"""GET /sessions/{sessionId}: what getSession tells, without a connection.

Public exactly where the stack allows anonymous listeners: they may ask the same over a WebSocket, and a page
looks a session up before it connects. Elsewhere the route has the JWT authorizer, and any signed-in user may
ask; nothing is told that a listener may not know. Who asks without signing in is limited by address.
"""

from container import container
from domain.ports import Message
from handlers.http import HttpRequest, http_route

look_up = container.look_up_session
anonymous_allowed = container.settings.allow_anonymous


@http_route("GET /sessions/{sessionId}")
def handler(request: HttpRequest) -> Message:
    """Answer with the fields of session."""
    who = request.address if anonymous_allowed else request.subject
    return look_up(request.session_id, who=who)

"""createSession: creates a session with the sender as its speaker."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message
from wire.replies import session_created

create_session = container.create_session


@route("createSession", counts_refusals_only=True)
def handler(request: Request) -> Message:
    """Reply sessionCreated."""
    return session_created(
        create_session(
            request.caller,
            source_language=request.message["sourceLanguage"],
            quality=request.message["quality"],
            request_id=request.request_id,
        )
    )

"""createSession: creates a session with the sender as its speaker."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

create_session = container.create_session


@route("createSession")
def handler(request: Request) -> Message:
    """Reply sessionCreated."""
    return create_session(
        request.caller,
        source_language=request.message["sourceLanguage"],
        quality=request.message["quality"],
        request_id=request.request_id,
    )

"""$default: a message whose action is no route key."""

from domain.errors import InvalidMessageError, UnknownActionError
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message


@route("$default", checked=False)
def handler(request: Request) -> Message:
    """Reply with an error: the action is missing, or does not exist."""
    if not isinstance(request.message.get("action"), str):
        raise InvalidMessageError("action is required and must be a string.")
    raise UnknownActionError

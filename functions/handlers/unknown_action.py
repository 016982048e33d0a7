"""$default: the message names no route."""

from handlers.request import Request
from handlers.route import route
from sessions.errors import InvalidMessageError, UnknownActionError
from sessions.ports import Message


@route("$default", checked=False)
def handler(request: Request) -> Message:
    """Refuse, for what is wrong with it: no action, or one that does not exist."""
    if not isinstance(request.message.get("action"), str):
        raise InvalidMessageError("action is required, and must be a string.")
    raise UnknownActionError

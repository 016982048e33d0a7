"""$default: the message names no route."""

from domain.errors import InvalidMessageError, UnknownActionError
from domain.ports import Message
from handlers.request import Request
from handlers.route import route


@route("$default", checked=False)
def handler(request: Request) -> Message:
    """Refuse, for what is wrong with it: no action, or one that does not exist."""
    if not isinstance(request.message.get("action"), str):
        raise InvalidMessageError("action is required, and must be a string.")
    raise UnknownActionError

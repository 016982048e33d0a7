"""refreshToken: replaces the token of an open connection."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

refresh_token = container.refresh_token


@route("refreshToken")
def handler(request: Request) -> Message:
    """Reply tokenRefreshed."""
    return refresh_token(request.connection_id, request.message["token"])

"""refreshToken: replaces the token of an open connection."""

from container import container
from handlers.request import Request
from handlers.route import route
from wire.pushes import Message
from wire.replies import token_refreshed

refresh_token = container.refresh_token


@route("refreshToken")
def handler(request: Request) -> Message:
    """Reply tokenRefreshed."""
    return token_refreshed(refresh_token(request.connection_id, request.message["token"]))

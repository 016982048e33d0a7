"""publish: appends the speaker's message to the log and sends it to the listeners."""

from container import container
from domain.ports import Message
from handlers.request import Request
from handlers.route import route

publish = container.publish


@route("publish")
def handler(request: Request) -> Message:
    """Reply published."""
    return publish(request.caller, request.message, request.request_id)

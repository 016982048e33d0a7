"""publish: appends the speaker's message to the log and sends it to the listeners."""

from container import container
from handlers.request import Request, body_of, target_languages_of
from handlers.route import route
from wire.pushes import Message
from wire.replies import published

publish = container.publish


@route("publish", counts_refusals_only=True)
def handler(request: Request) -> Message:
    """Reply published."""
    return published(
        publish(
            request.caller,
            body=body_of(request.message),
            target_languages=target_languages_of(request.message),
            request_id=request.request_id,
        )
    )

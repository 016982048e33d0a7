"""$connect: records the connection."""

from container import container
from handlers.request import Request
from handlers.route import lifecycle

connect = container.connect


@lifecycle("$connect")
def handler(request: Request) -> None:
    """Record the connection with the authorizer's context."""
    connect(
        request.connection_id,
        subject=request.subject,
        token_expires_at=request.token_expires_at,
        address=request.address,
        correlation_id=request.correlation_id,
    )

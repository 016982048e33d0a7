"""$connect: the connection is noted."""

from container import container
from handlers.request import Request
from handlers.route import lifecycle

connect = container.connect


@lifecycle("$connect")
def handler(request: Request) -> None:
    """Note the connection with what the authorizer found out."""
    connect(
        request.connection_id,
        subject=request.subject,
        token_expires_at=request.token_expires_at,
        address=request.address,
        correlation_id=request.correlation_id,
    )

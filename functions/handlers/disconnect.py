"""$disconnect: best effort by API Gateway. Late, repeated and lost events do no harm."""

from container import container
from handlers.request import Request
from handlers.route import lifecycle

disconnect = container.disconnect


@lifecycle("$disconnect")
def handler(request: Request) -> None:
    """Remove the connection and its attachment."""
    disconnect(request.connection_id)

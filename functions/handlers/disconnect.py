"""$disconnect: best effort on API Gateway's side; late, doubled and lost ones do no harm."""

from container import container
from handlers.request import Request
from handlers.route import lifecycle

disconnect = container.disconnect


@lifecycle("$disconnect")
def handler(request: Request) -> None:
    """Take the connection out of everything."""
    disconnect(request.connection_id)

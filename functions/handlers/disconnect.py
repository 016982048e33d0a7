"""$disconnect: best effort on API Gateway's side; late, doubled and lost ones do no harm."""

from bootstrap import connections
from handlers.request import Request
from handlers.route import lifecycle

disconnect = connections.disconnect()


@lifecycle("$disconnect")
def handler(request: Request) -> None:
    """Take the connection out of everything."""
    disconnect(request.connection_id)

"""Finds the API, the stage and the path that a request addresses.

AWS: `https://{apiId}.execute-api.{region}.amazonaws.com/{stage}/…`. The local gateway also accepts
`/_aws/execute-api/{apiId}/{stage}/…`, as MiniStack and LocalStack do, and `/{apiId}/{stage}/…`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import functools
import re
from dataclasses import dataclass
from urllib.parse import unquote

_PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_CONNECTIONS = "@connections"


@dataclass(frozen=True, slots=True)
class Address:
    """`rest` is the path after the stage without its leading slash, percent-decoded."""

    api_id: str
    stage: str
    rest: str

    @property
    def connection_id(self) -> str | None:
        """The connection id of a management call; None for any other path."""
        first, _, second = self.rest.partition("/")
        return second if first == _CONNECTIONS and second and "/" not in second else None


@functools.lru_cache(maxsize=8192)
def address(host: str, raw_path: str) -> Address | None:
    """Return the request's address, or None if the path names no API and stage."""
    path = unquote(raw_path)
    by_host = _HOST.match(host)
    if by_host:
        stage, _, rest = path.lstrip("/").partition("/")
        return Address(by_host.group(1), stage, rest) if stage else None
    relative = path[len(_PREFIX) :] if path.startswith(_PREFIX) else path.lstrip("/")
    api_id, _, tail = relative.partition("/")
    stage, _, rest = tail.partition("/")
    return Address(api_id, stage, rest) if api_id and stage else None

"""Lambda's Invoke (Lambda API Reference, "Invoke")."""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from adapters.aws.client import AwsClient
from adapters.http.response import Response


def invoke(
    client: AwsClient,
    function: str,
    event: Mapping[str, Any],
    invocation_type: Literal["Event", "RequestResponse"],
) -> Response:
    """Invoke a function, given by name or ARN; return the response. Raises AwsCallError.

    An error of the function itself is a response with the header `x-amz-function-error`.
    """
    return client.request(
        f"/2015-03-31/functions/{quote(function, safe='')}/invocations",
        json.dumps(event).encode(),
        signed_headers={"x-amz-invocation-type": invocation_type},
    )

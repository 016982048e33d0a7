"""Invokes this function again (domain.ports.SelfInvocation)."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.errors import AwsCallError
from adapters.aws.lambda_invoke import invoke
from domain.errors import UnavailableError

LIMITS = CallLimits(connect_seconds=1, response_seconds=3, attempts=2)


@cache
def client() -> AwsClient:
    """Return the client. It is created at its first use, since most runs finish in one invocation."""
    return AwsClient("lambda", LIMITS)


class LambdaSelfInvocation:
    """Uses asynchronous Invoke: Lambda queues the event for a minute at most and does not retry."""

    def invoke(self, event: Mapping[str, Any]) -> None:
        """As in the port. FUNCTION_ALIAS names the alias of a function with SnapStart."""
        name, alias = os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ.get("FUNCTION_ALIAS")
        try:
            invoke(client(), f"{name}:{alias}" if alias else name, event, "Event")
        except AwsCallError as error:
            raise UnavailableError from error

"""Invokes this function again (domain.ports.SelfInvocation)."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import make_client
from domain.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


@cache
def client() -> "LambdaClient":
    """Return the client. It is created at its first use, since most runs finish in one invocation."""
    return make_client("lambda", CONFIG)


class LambdaSelfInvocation:
    """Uses asynchronous Invoke: Lambda queues the event for a minute at most and does not retry."""

    def invoke(self, event: Mapping[str, Any]) -> None:
        """As in the port."""
        try:
            client().invoke(
                FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError from error

"""Invokes this very function again (keep_alive.continuation.Continuation)."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


@cache
def client() -> "LambdaClient":
    """Made when it is first needed: most runs finish by themselves."""
    return boto3.client("lambda", config=CONFIG)  # pyright: ignore[reportUnknownMemberType]


class LambdaContinuation:
    """By an asynchronous Invoke; Lambda queues it and tries it up to three times."""

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

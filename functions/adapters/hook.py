"""The owner's hook function, called through Lambda's Invoke (use_cases.hook.Hook)."""

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from use_cases.hook import HookError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaHook:
    """Calls `function_arn` once for a message and waits `timeout` seconds at most."""

    def __init__(self, function_arn: str, *, timeout: float) -> None:
        config = Config(
            connect_timeout=min(timeout, 1), read_timeout=timeout, retries={"total_max_attempts": 1}
        )
        self._function_arn = function_arn
        self._client: LambdaClient = boto3.client("lambda", config=config)  # pyright: ignore[reportUnknownMemberType]

    def call(self, request: dict[str, Any]) -> object:
        """As in the port."""
        try:
            answer = self._client.invoke(
                FunctionName=self._function_arn, Payload=json.dumps(request).encode()
            )
            payload = answer["Payload"].read()
        except (ClientError, BotoCoreError) as error:
            raise HookError(f"not called: {type(error).__name__}") from error
        if "FunctionError" in answer:
            raise HookError("raised an error")
        try:
            return json.loads(payload)
        except ValueError as error:
            raise HookError("the answer is not JSON") from error

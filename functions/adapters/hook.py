"""The owner's hook function, called through Lambda's Invoke (domain.ports.Hook)."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws import make_client
from domain.message_log import Entry
from domain.model import Session
from domain.ports import HookError
from wire.hook import apply_answer, hook_request

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaHook:
    """Invokes `function_arn` once a message and waits `timeout_seconds` at most."""

    def __init__(
        self, function_arn: str, *, timeout_seconds: float, supported_languages: Sequence[str]
    ) -> None:
        config = Config(
            connect_timeout=min(timeout_seconds, 1),
            read_timeout=timeout_seconds,
            retries={"total_max_attempts": 1},
        )
        self._function_arn = function_arn
        self._supported_languages = supported_languages
        self._client: LambdaClient = make_client("lambda", config)

    def process(self, session: Session, entry: Entry) -> Entry:
        """As in the port."""
        request = hook_request(session, entry, self._supported_languages)
        try:
            response = self._client.invoke(
                FunctionName=self._function_arn, Payload=json.dumps(request).encode()
            )
            payload = response["Payload"].read()
        except (ClientError, BotoCoreError) as error:
            raise HookError(f"the invocation failed: {type(error).__name__}") from error
        if "FunctionError" in response:
            raise HookError("the hook raised an error")
        try:
            answer: object = json.loads(payload)
        except ValueError as error:
            raise HookError("the answer is not JSON") from error
        return apply_answer(entry, answer, self._supported_languages)

"""The owner's hook function, called through Lambda's Invoke (domain.ports.Hook)."""

import json
from collections.abc import Sequence

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.errors import AwsCallError
from adapters.aws.lambda_invoke import invoke
from domain.message_log import Entry
from domain.model import Session
from domain.ports import HookError
from wire.hook import apply_answer, hook_request


class LambdaHook:
    """Invokes `function_arn` and waits `timeout_seconds` at most.

    An invocation that fails is not repeated. A request that a stale connection did not take is sent again.
    """

    def __init__(
        self, function_arn: str, *, timeout_seconds: float, supported_languages: Sequence[str]
    ) -> None:
        self._function_arn = function_arn
        self._supported_languages = supported_languages
        self._client = AwsClient(
            "lambda",
            CallLimits(connect_seconds=min(timeout_seconds, 1), response_seconds=timeout_seconds, attempts=1),
        )

    def process(self, session: Session, entry: Entry) -> Entry:
        """As in the port."""
        request = hook_request(session, entry, self._supported_languages)
        try:
            response = invoke(self._client, self._function_arn, request, "RequestResponse")
        except AwsCallError as error:
            raise HookError(f"the invocation failed: {type(error).__name__}") from error
        if response.header("x-amz-function-error") is not None:
            raise HookError("the hook raised an error")
        try:
            answer: object = json.loads(response.body)
        except ValueError as error:
            raise HookError("the answer is not JSON") from error
        return apply_answer(entry, answer, self._supported_languages)

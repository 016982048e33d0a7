"""The one factory of boto3 clients."""

from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import BotoCoreError

from domain.deadline import request_deadline

if TYPE_CHECKING:
    from botocore.config import Config


class OutOfTimeError(BotoCoreError):
    """The request's deadline leaves too little time for an attempt."""

    fmt = "{seconds} s are too little time for an attempt"


def make_client(service: str, config: "Config") -> Any:
    """Return a client. Its caller states the type, since only some services have type stubs installed.

    It starts no attempt, and no retry, that its time-outs do not bound within the request's deadline. A call
    raises OutOfTimeError then, which botocore does not retry.
    """
    attempt_seconds: float = cast(Any, config).connect_timeout + cast(Any, config).read_timeout

    def check_time(**_: object) -> None:
        remaining = request_deadline.remaining()
        if remaining < attempt_seconds:
            raise OutOfTimeError(seconds=round(remaining, 1))

    client = cast(Any, boto3).client(service, config=config)
    client.meta.events.register("before-send", check_time)
    return client

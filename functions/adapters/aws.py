"""The one factory of boto3 clients."""

from typing import TYPE_CHECKING, Any, cast

import boto3

if TYPE_CHECKING:
    from botocore.config import Config


def make_client(service: str, config: "Config") -> Any:
    """Return a client. Its caller states the type, since only some services have type stubs installed."""
    return cast(Any, boto3).client(service, config=config)

"""boto3 clients of the emulator, typed loosely: the provider calls operations by name from tables."""

from collections.abc import Mapping
from typing import Any, cast

import boto3
from botocore.config import Config

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
    parameter_validation=False,
    s3={"addressing_style": "path"},
)


def client(service: str, environment: Mapping[str, str], *, config: Config | None = None) -> Any:
    """A client for the endpoint, Region and key pair named in `environment` (AWS_ENDPOINT_URL and so on).

    Retries passing errors (throttling, 5xx, a reset connection) with backoff, five attempts in all.
    """
    return cast("Any", boto3).client(
        service,
        endpoint_url=environment.get("AWS_ENDPOINT_URL"),
        region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        config=_CONFIG if config is None else _CONFIG.merge(config),
    )

"""The key of the digests that stand for ids and addresses in logs and tables."""

import secrets
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from websocket_sessions.tags import Tags, stack_tags

KEY_BYTES = 32


def create_digest_key(
    name: str,
    parameter_name: str,
    *,
    kms_key_arn: Input[str] | None,
    tags: Tags,
    opts: ResourceOptions,
) -> Output[str]:
    """Keep a random key in a parameter of Systems Manager; return its value, which is a secret.

    The first deployment makes the key. Later ones ignore the new one that each run of the program proposes.
    Functions get the value as a variable, so that no cold start reads the parameter.
    """
    options: dict[str, Any] = {} if kms_key_arn is None else {"key_id": kms_key_arn}
    parameter = aws.ssm.Parameter(
        name,
        name=parameter_name,
        description="The key of digests in logs and tables. A new key breaks no session.",
        type="SecureString",
        value=Output.secret(secrets.token_hex(KEY_BYTES)),
        tags=stack_tags(tags),
        **options,
        opts=ResourceOptions.merge(
            opts, ResourceOptions(ignore_changes=["value"], additional_secret_outputs=["value"])
        ),
    )
    return Output.secret(parameter.value)

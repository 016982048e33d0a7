"""What all functions and roles of a backend have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input

from websocket_sessions.lambda_handler import VpcPlacement
from websocket_sessions.tags import Tags


@dataclass(frozen=True, kw_only=True)
class FunctionOptions:
    """The options of LambdaHandler that one backend's functions share, by the names of its arguments."""

    vpc: VpcPlacement | None
    layers: Input[Sequence[Input[str]]]
    log_format: Input[str]
    role_path: Input[str]
    permissions_boundary_arn: Input[str] | None
    kms_key_arn: Input[str] | None
    tags: Tags

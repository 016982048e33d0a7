"""A function to call, in the ways that a program may name it."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input, Output, Resource

from websocket_sessions.lambda_handler import LambdaHandler

FunctionLike = LambdaHandler | aws.lambda_.Function | Input[str]
"""A LambdaHandler, an `aws.lambda_.Function`, or the ARN of a function, of its version or of its alias."""


@dataclass(frozen=True, kw_only=True)
class FunctionRef:
    """What a caller of a function needs: how AWS names it, and what must exist before the first call."""

    arn: Output[str]
    """The ARN to call, with the version or alias if one is meant."""
    name: Input[str]
    """The function's name or its ARN without version and alias, as a permission names it."""
    qualifier: Input[str] | None
    """The version or alias, or None if the program did not give an ARN."""
    invoke_arn: Input[str]
    """The URI by which API Gateway calls the function."""
    depends_on: list[Resource]
    """What the function's role needs before AWS calls it."""


def function_ref(function: FunctionLike) -> FunctionRef:
    """Return how to call a function."""
    if isinstance(function, LambdaHandler):
        return FunctionRef(
            arn=function.target_arn,
            name=function.function_name,
            qualifier=function.alias and function.alias.name,
            invoke_arn=function.invoke_arn,
            depends_on=[function.policy],
        )
    if isinstance(function, aws.lambda_.Function):
        return FunctionRef(
            arn=function.arn,
            name=function.name,
            qualifier=None,
            invoke_arn=function.invoke_arn,
            depends_on=[],
        )
    return _of_arn(Output.from_input(function))


def _of_arn(arn: Output[str]) -> FunctionRef:
    return FunctionRef(
        arn=arn,
        name=arn.apply(lambda known: ":".join(known.split(":")[:7])),
        qualifier=arn.apply(_qualifier),
        invoke_arn=arn.apply(_invoke_arn),
        depends_on=[],
    )


def _qualifier(arn: str) -> str:
    """Return the version or alias at the end of an ARN; None at deployment is no qualifier."""
    return next(iter(arn.split(":")[7:]), None)  # pyright: ignore[reportReturnType]


def _invoke_arn(arn: str) -> str:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-create-api-as-simple-proxy.html"""
    _, partition, _, region, *_ = arn.split(":")
    return f"arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"

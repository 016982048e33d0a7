"""Runs components against Pulumi's mocks and records every resource they make: type, name, inputs, parent."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_all_config, set_mocks

Made = TypeVar("Made")

PROJECT = "websocket-sessions"
STACK = "test"
REGION = "eu-central-1"
ACCOUNT = "123456789012"

_ARNS = {
    "aws:apigatewayv2/api:Api": f"arn:aws:apigateway:{REGION}::/apis/",
    "aws:appsync/api:Api": f"arn:aws:appsync:{REGION}:{ACCOUNT}:apis/",
    "aws:cloudfront/distribution:Distribution": f"arn:aws:cloudfront::{ACCOUNT}:distribution/",
    "aws:cloudwatch/logGroup:LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:",
    "aws:cognito/userPool:UserPool": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/",
    "aws:dynamodb/table:Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/",
    "aws:iam/role:Role": f"arn:aws:iam::{ACCOUNT}:role/",
    "aws:lambda/function:Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::",
    "aws:sns/topic:Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:",
    "aws:sqs/queue:Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:",
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource as the program declared it."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str | None


@dataclass(kw_only=True)
class Deployed(Mocks):
    """What a program made. Resources get the outputs that AWS would give them."""

    inputs: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict[tuple[str, str], dict[str, Any]]
    )
    parents: dict[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])
    quotas: Mapping[str, float] = field(default_factory=dict[str, float])
    """What the account has, by the quota's code; others may not be read."""
    partition: str = "aws"
    """The partition that the account is in."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Record the resource and answer as AWS would."""
        inputs = cast(dict[str, Any], args.inputs)  # pyright: ignore[reportUnknownMemberType]
        self.inputs[args.typ, args.name] = unwrapped(inputs)
        name: str = inputs.get("name") or args.name
        return f"{args.name}-id", {"name": name, **inputs, **aws_outputs(args.typ, name, inputs)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer what the program asks of the account."""
        if args.token == "aws:servicequotas/getServiceQuota:getServiceQuota":
            code = str(cast(dict[str, Any], args.args)["quotaCode"])  # pyright: ignore[reportUnknownMemberType]
            if code not in self.quotas:
                return {}, [("quotaCode", "AccessDeniedException")]
            return {"quotaCode": code, "value": self.quotas[code]}, []
        return {"region": REGION, "accountId": ACCOUNT, "partition": self.partition}, []

    def note_parent(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Record who a resource's parent is."""
        parent = args.opts.parent
        self.parents[args.type_, args.name] = parent.pulumi_resource_name if parent else None

    def of(self, kind: str) -> list["Resource"]:
        """Return the resources of a type (the part after the last colon), in order of their names."""
        return [
            Resource(type=key[0], name=key[1], inputs=inputs, parent=self.parents.get(key))
            for key, inputs in sorted(self.inputs.items())
            if key[0].rpartition(":")[2] == kind
        ]

    def one(self, kind: str, name: str = "") -> "Resource":
        """Return the one resource of a type whose name contains `name`."""
        (found,) = [item for item in self.of(kind) if name in item.name]
        return found

    @property
    def table(self) -> dict[str, tuple[str, str | None]]:
        """Every resource's type and parent, by name; names are unique within a type only."""
        return {
            f"{key[1]} ({key[0].rpartition(':')[2]})": (key[0], self.parents.get(key)) for key in self.inputs
        }


SECRET_MARK = "4dabf18193072939515e22adb298388d"
"""The property that marks a secret on its way to the engine
(https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go)."""


def unwrapped(value: Any) -> Any:
    """Return a value with each secret in it as its plain value."""
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        if SECRET_MARK in fields:
            return unwrapped(fields["value"])
        return {name: unwrapped(one) for name, one in fields.items()}
    return [unwrapped(one) for one in cast(list[Any], value)] if isinstance(value, list) else value


def aws_outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "aws:lambda/alias:Alias":
        arn = f"{_ARNS['aws:lambda/function:Function']}{inputs['functionName']}:{name}"
        return {"arn": arn, "invokeArn": f"invoke:{arn}"}
    arn = f"{_ARNS[kind]}{name}" if kind in _ARNS else f"arn:{name}"
    host = f"{name}.execute-api.{REGION}.amazonaws.com"
    more: dict[str, dict[str, Any]] = {
        "aws:appsync/api:Api": {
            "apiId": f"{name}-id",
            "apiArn": arn,
            "dns": {
                "HTTP": f"a.appsync-api.{REGION}.amazonaws.com",
                "REALTIME": f"a.appsync-realtime-api.{REGION}.amazonaws.com",
            },
        },
        "aws:apigatewayv2/api:Api": {
            "apiEndpoint": f"wss://{host}",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{name}",
        },
        "aws:apigatewayv2/stage:Stage": {"invokeUrl": f"wss://{host}/{name}"},
        "aws:cloudfront/distribution:Distribution": {"domainName": "d111.cloudfront.net"},
        "aws:cognito/userPool:UserPool": {"endpoint": f"cognito-idp.{REGION}.amazonaws.com/{name}"},
        "aws:dynamodb/table:Table": {"streamArn": f"{arn}/stream/1"},
        "aws:lambda/function:Function": {"invokeArn": f"invoke:{arn}", "version": "7"},
        "aws:s3/bucket:Bucket": {"bucket": name, "bucketRegionalDomainName": f"{name}.s3.amazonaws.com"},
        "aws:sqs/queue:Queue": {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"},
    }
    return {"arn": arn, **more.get(kind, {})}


_LOOP = asyncio.new_event_loop()


def deploy(
    build: Callable[[pulumi.ResourceOptions], Made],
    config: dict[str, str] | None = None,
    *,
    project: str = PROJECT,
    stack: str = STACK,
    quotas: Mapping[str, float] | None = None,
    partition: str = "aws",
) -> tuple[Made, Deployed]:
    """Run a piece of a program to its end; returns what it returned, and what it made."""
    asyncio.set_event_loop(_LOOP)
    deployed = Deployed(quotas=quotas or {}, partition=partition)
    set_mocks(deployed, project=project, stack=stack, preview=False)
    set_all_config(config or {})
    made: list[Made] = []

    def run() -> None:
        made.append(build(pulumi.ResourceOptions(transformations=[deployed.note_parent])))

    _to_the_end(run)
    return made[0], deployed


def resolved(output: pulumi.Input[Made]) -> Made:
    """Return an output's value once everything is made."""
    values: list[Made] = []

    _to_the_end(lambda: pulumi.Output.from_input(output).apply(values.append))
    return values[0]


def _to_the_end(function: Callable[[], object]) -> None:
    """Run a function, and wait for all that it started.

    Pulumi's mocks use the thread's current event loop, which asynchronous tests leave unset. All share one,
    because an output can be resolved on its own loop only.
    """
    asyncio.set_event_loop(_LOOP)
    pulumi.runtime.test(function)()  # pyright: ignore[reportUnknownMemberType]

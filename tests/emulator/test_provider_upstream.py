"""The provider's tables say what pulumi-aws says, but for what is listed here with its reason.

What pulumi-aws says is in `upstream.json`: emulator/README.md tells how it is made.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_local_aws.provider.registry import resource, tokens
from pulumi_local_aws.provider.schema import Property, Table, inputs_of
from tests.emulator.upstream import FILE

TRUTH: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text())["types"]
# pulumi-aws adds it to every type that AWS has by Region.
_REGION = {"replaces": True, "computed": True}

_NARROWER = "the provider supports only a part of what pulumi-aws does, and that part needs it"
_AT_RUN_TIME = "pulumi-aws compares it by a rule of its own, which comes to this"
DEVIATIONS: dict[str, str] = {
    "aws:apigatewayv2/authorizer:Authorizer authorizerPayloadFormatVersion computed": (
        "the emulator tells one where AWS tells none"
    ),
    "aws:apigatewayv2/integration:Integration integrationMethod computed": _AT_RUN_TIME,
    "aws:cloudfront/originAccessControl:OriginAccessControl description default": (
        "pulumi-aws puts its own name for Terraform's"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm comparisonOperator required": _AT_RUN_TIME,
    "aws:cloudwatch/metricAlarm:MetricAlarm evaluationPeriods required": _AT_RUN_TIME,
    "aws:cognito/userPool:UserPool schemas.numberAttributeConstraints computed": _AT_RUN_TIME,
    "aws:cognito/userPool:UserPool schemas.stringAttributeConstraints computed": _AT_RUN_TIME,
    "aws:dynamodb/table:Table globalSecondaryIndexes.rangeKey computed": _AT_RUN_TIME,
    "aws:lambda/eventSourceMapping:EventSourceMapping batchSize computed": (
        "its default depends on the source; taken out, pulumi-aws sends 0, which AWS refuses"
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping eventSourceArn required": _NARROWER,
    "aws:lambda/function:Function handler required": _NARROWER,
    "aws:lambda/function:Function runtime required": _NARROWER,
}


def _paths(table: Table, path: str = "") -> Iterator[tuple[str, Property]]:
    for name, prop in table.items():
        yield path + name, prop
        fields = prop.fields or (prop.item.fields if prop.item else {})
        yield from _paths(fields, f"{path}{name}.")


def _replaces(token: str, path: str) -> bool:
    """Whether a change of the property, or of anything in it, asks for a new resource."""
    facts = TRUTH[token]
    return any(facts[one].get("replaces") for one in facts if one == path or one.startswith(f"{path}."))


def _differences(token: str) -> Iterator[str]:
    kind = resource(token)
    for path, prop in _paths(kind.table):
        truth = _REGION if path == "region" else TRUTH[token].get(path)
        if truth is None:
            yield f"{token} {path} unknown to pulumi-aws"
        elif truth.get("output") or prop.output:
            if not prop.output or not (truth.get("output") or truth.get("computed")):
                yield f"{token} {path} output"
            if prop.secret != bool(truth.get("secret")):
                yield f"{token} {path} secret"
        else:
            named = kind.autoname is not None and path == kind.autoname.property
            for aspect in _aspects(prop, truth, named=named):
                yield f"{token} {path} {aspect}"


def _aspects(prop: Property, truth: dict[str, Any], *, named: bool) -> Iterator[str]:
    if not named and prop.computed != bool(truth.get("computed")):
        yield "computed"
    if not named and prop.required != bool(truth.get("required")):
        yield "required"
    if (prop.default or None) != (truth.get("default") or None):
        yield "default"
    if prop.secret != bool(truth.get("secret")):
        yield "secret"


def test_the_tables_say_what_pulumi_aws_says() -> None:
    found = {difference for token in tokens() for difference in _differences(token)}
    assert found == set(DEVIATIONS)


@pytest.mark.parametrize("token", tokens())
def test_a_change_replaces_where_pulumi_aws_replaces(token: str) -> None:
    table = inputs_of(resource(token).table)
    ours = {name for name, prop in table.items() if prop.replace}
    theirs = {name for name in table if _replaces(token, name)}
    if "region" in table:
        theirs.add("region")
    assert ours == theirs

"""Test names, defaults, strictness and the effect of each change, without an engine."""

import json
from typing import Any, cast

import pytest

from pulumi_local_aws.provider.check import DEFAULTS_KEY, Naming, check
from pulumi_local_aws.provider.compare import equal
from pulumi_local_aws.provider.diff import changes_tags, diff
from pulumi_local_aws.provider.lifecycle import planned_outputs
from pulumi_local_aws.provider.registry import UnsupportedError, resource, tokens
from pulumi_local_aws.provider.schema import integer, policy, texts
from pulumi_local_aws.provider.values import ASSET, SIGNATURE, UNKNOWN, Blob
from tests.emulator.catalogue import Case, allow
from tests.emulator.catalogue_whole import ALL

ROLE = "arn:aws:iam::123456789012:role/r"
BLOB = Blob({SIGNATURE: ASSET, "hash": "a"})
NAMING = Naming(name="thing", seed=b"seed")


def _plain(value: Any) -> Any:
    """Return the case's properties as the provider receives them, with references as plain text."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if "$code" in entries or "$asset" in entries:
            return Blob({SIGNATURE: ASSET, "hash": next(iter(entries.values()))})
        if "$secret" in entries:
            return entries["$secret"]
        return {name: _plain(item) for name, item in entries.items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value.replace("${", "ref-").replace("}", "") if isinstance(value, str) else value


def _checked(case: Case, more: dict[str, Any] | None = None) -> dict[str, Any]:
    given = {**_plain(case.properties), **_plain(more or {})}
    return check(resource(case.type), given, {}, NAMING).inputs


@pytest.mark.parametrize(
    ("name", "prop"), [(name, prop) for name, case in ALL.items() for prop in case.updates]
)
def test_a_change_is_made_in_place(name: str, prop: str) -> None:
    case = ALL[name]
    changes = diff(resource(case.type), _checked(case), _checked(case, {prop: case.updates[prop]}), {})
    assert list(changes.properties) == [prop]
    assert changes.replaces == []


@pytest.mark.parametrize(
    ("name", "prop"), [(name, prop) for name, case in ALL.items() for prop in case.replaces]
)
def test_a_change_needs_a_replacement(name: str, prop: str) -> None:
    case = ALL[name]
    changes = diff(resource(case.type), _checked(case), _checked(case, {prop: case.replaces[prop]}), {})
    assert changes.replaces == [prop]


def test_a_fixed_name_is_deleted_before_its_replacement_is_created() -> None:
    role = resource("aws:iam/role:Role")
    fixed = {"assumeRolePolicy": "{}", "path": "/", "name": "fixed"}
    assert diff(role, fixed, {**fixed, "path": "/other/"}, {}).delete_first
    assert diff(role, fixed, {**fixed, "name": "other"}, {}).delete_first
    automatic = {**fixed, DEFAULTS_KEY: ["name"]}
    assert not diff(role, automatic, {**automatic, "path": "/other/"}, {}).delete_first


def test_a_name_without_digits_is_not_deleted_first() -> None:
    stored = resource("aws:s3/bucketObjectv2:BucketObjectv2")
    given = {"bucket": "one", "key": "index.html"}
    changes = diff(stored, given, {**given, "bucket": "two"}, {})
    assert (changes.replaces, changes.delete_first) == (["bucket"], False)


@pytest.mark.parametrize(
    ("token", "given", "refused"),
    [
        ("aws:ssm/parameter:Parameter", {"type": "String", "value": "a", "insecureValue": "a"}, "value"),
        ("aws:ssm/parameter:Parameter", {"type": "SecureString", "insecureValue": "a"}, "insecureValue"),
        ("aws:lambda/layerVersion:LayerVersion", {"layerName": "a"}, "code"),
        ("aws:lambda/layerVersion:LayerVersion", {"layerName": "a", "s3Bucket": "b"}, "s3Key"),
        ("aws:lambda/layerVersion:LayerVersion", {"layerName": "a", "code": BLOB, "s3Key": "k"}, "s3Bucket"),
        (
            "aws:lambda/function:Function",
            {"role": ROLE, "runtime": "python3.13", "handler": "h.h", "code": BLOB, "s3Bucket": "b"},
            "code",
        ),
    ],
)
def test_what_excludes_each_other_is_refused(token: str, given: dict[str, Any], refused: str) -> None:
    failures = check(resource(token), given, {}, NAMING).failures
    assert [name for name, _ in failures] == [refused]


def test_a_nested_output_is_not_an_input() -> None:
    given = {"role": "r", "runtime": "python3.13", "handler": "h.h"}
    snap = {"snapStart": {"applyOn": "None", "optimizationStatus": "On"}}
    failures = check(resource("aws:lambda/function:Function"), {**given, **snap}, {}, NAMING).failures
    assert [name for name, _ in failures] == ["snapStart.optimizationStatus"]


def test_the_automatic_name_follows_the_seed_and_stays() -> None:
    queue = resource("aws:sqs/queue:Queue")
    first = check(queue, {}, {}, NAMING).inputs
    assert first["name"].startswith("thing-")
    assert len(first["name"]) == len("thing-") + 7
    other = Naming(name="thing", seed=b"another")
    assert check(queue, {}, first, other).inputs["name"] == first["name"]
    assert check(queue, {}, {}, other).inputs["name"] != first["name"]
    assert check(queue, {"fifoQueue": True}, {}, NAMING).inputs["name"].endswith(".fifo")


def test_defaults_are_those_of_pulumi_aws() -> None:
    given = {"role": "r", "runtime": "python3.13", "handler": "h.h"}
    inputs = check(resource("aws:lambda/function:Function"), given, {}, NAMING).inputs
    assert (inputs["memorySize"], inputs["timeout"], inputs["packageType"]) == (128, 3, "Zip")


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        ("aws:sqs/queue:Queue", {"sparkle": 1}, "does not support property 'sparkle'"),
        ("aws:sqs/queue:Queue", {"delaySeconds": "soon"}, "'soon' is not a whole number"),
        ("aws:iam/role:Role", {}, "is required by aws:iam/role:Role"),
        ("aws:iam/role:Role", {"assumeRolePolicy": "{}", "maxSessionDuration": 60}, "below the minimum"),
        ("aws:apigatewayv2/api:Api", {"protocolType": "TCP"}, "'TCP' is not one of WEBSOCKET, HTTP"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "a b"}, "'a b' does not match"),
    ],
)
def test_an_invalid_input_is_named(kind: str, given: dict[str, Any], problem: str) -> None:
    failures = check(resource(kind), given, {}, NAMING).failures
    assert any(problem in reason for _, reason in failures), failures


def _record(**given: Any) -> dict[str, Any]:
    return {"zoneId": "Z1", "name": "www", "type": "A", **given}


@pytest.mark.parametrize(
    ("kind", "given", "name", "problem"),
    [
        ("aws:iam/policy:Policy", {"policy": allow("sqs:SendMessageBatch", "*")}, "policy", "no permission"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "policy": "{"}, "policy", "is invalid JSON"),
        ("aws:iam/policy:Policy", {"policy": "[]"}, "policy", "is not an object"),
        ("aws:cloudwatch/eventRule:EventRule", {}, "eventPattern", "`scheduleExpression` is required"),
        ("aws:route53/record:Record", _record(), "records", "exactly one of `records`, `aliases`"),
        ("aws:route53/record:Record", _record(records=["192.0.2.1"]), "ttl", "is required with `records`"),
        (
            "aws:route53/record:Record",
            _record(records=["192.0.2.1"], ttl=60, weightedRoutingPolicies=[{"weight": 1}]),
            "setIdentifier",
            "is required with `weightedRoutingPolicies`",
        ),
        (
            "aws:secretsmanager/secret:Secret",
            {"recoveryWindowInDays": 5},
            "recoveryWindowInDays",
            "5 is neither 0 nor from 7 to 30",
        ),
        (
            "aws:secretsmanager/secretVersion:SecretVersion",
            {"secretId": "s"},
            "secretString",
            "exactly one of `secretString`, `secretBinary`",
        ),
        ("aws:kms/key:Key", {"deletionWindowInDays": 5}, "deletionWindowInDays", "5 is not from 7 to 30"),
        ("aws:kms/key:Key", {"rotationPeriodInDays": 90}, "rotationPeriodInDays", "`enableKeyRotation`"),
        (
            "aws:dynamodb/tableItem:TableItem",
            {"tableName": "t", "hashKey": "id", "item": '{"other": {"S": "a"}}'},
            "item",
            "lacks the key attribute 'id'",
        ),
        (
            "aws:dynamodb/tableItem:TableItem",
            {"tableName": "t", "hashKey": "id", "item": '{"id": {"B": "YQ=="}}'},
            "item",
            "does not support the binary attribute 'id'",
        ),
    ],
)
def test_what_aws_refuses_beyond_its_model_is_refused(
    kind: str, given: dict[str, Any], name: str, problem: str
) -> None:
    ((found, reason),) = check(resource(kind), given, {}, NAMING).failures
    assert found == name
    assert problem in reason


def test_changed_default_tags_are_a_change() -> None:
    queue = resource("aws:sqs/queue:Queue")
    state = {"tagsAll": {"team": "a", "own": "b"}}
    assert not changes_tags(queue, {"tags": {"own": "b"}}, state, {"team": "a"})
    assert changes_tags(queue, {"tags": {"own": "b"}}, state, {"team": "c"})
    assert changes_tags(queue, {"tags": {"own": "b"}}, state, {})
    assert not changes_tags(resource("aws:sqs/queuePolicy:QueuePolicy"), {}, state, {"team": "c"})


def test_unknown_values_pass_the_check() -> None:
    given = {"role": UNKNOWN, "runtime": "python3.13", "handler": "h.h", "environment": UNKNOWN, "code": BLOB}
    assert check(resource("aws:lambda/function:Function"), given, {}, NAMING).failures == []


def test_a_type_is_found_by_its_last_part_and_an_unknown_one_is_named() -> None:
    nested = "websocket_sessions:index:SessionBackend$aws:sqs/queue:Queue"
    assert resource(nested) is resource("aws:sqs/queue:Queue")
    with pytest.raises(UnsupportedError, match="aws:ec2/vpc:Vpc"):
        resource("aws:ec2/vpc:Vpc")
    assert sorted({case.type for case in ALL.values()}) == tokens()


def test_a_preview_keeps_known_outputs_and_marks_volatile_ones_unknown() -> None:
    queue = resource("aws:sqs/queue:Queue")
    assert planned_outputs(queue, {"name": "q"})["arn"] is UNKNOWN
    assert planned_outputs(queue, {"name": "q"}, {"arn": "arn:q"})["arn"] == "arn:q"
    function = resource("aws:lambda/function:Function")
    assert planned_outputs(function, {}, {"arn": "arn:f", "codeSha256": "old"})["codeSha256"] is UNKNOWN


def test_a_preview_marks_what_aws_decides_in_an_object_as_unknown() -> None:
    domain = resource("aws:apigatewayv2/domainName:DomainName")
    given = {"certificateArn": "arn", "endpointType": "REGIONAL", "securityPolicy": "TLS_1_2"}
    planned = planned_outputs(domain, {"domainNameConfiguration": given})["domainNameConfiguration"]
    assert planned == {
        **given,
        **dict.fromkeys(
            ("hostedZoneId", "ipAddressType", "ownershipVerificationCertificateArn", "targetDomainName"),
            UNKNOWN,
        ),
    }
    known = {"domainNameConfiguration": {**given, "targetDomainName": "d.example"}}
    planned = planned_outputs(domain, {"domainNameConfiguration": given}, known)["domainNameConfiguration"]
    assert planned["targetDomainName"] == "d.example"


def test_order_matters_in_lists_only() -> None:
    assert equal(texts(), ["a", "b"], ["b", "a"])
    assert not equal(texts(), ["a", "b"], ["a", "a"])
    one, two = json.loads(allow("a:B", "*")), json.loads(allow("a:B", "*"))
    two["Statement"][0]["Action"] = "a:B"
    assert equal(policy(), json.dumps(one), json.dumps(two))
    two["Statement"][0]["Effect"] = "Deny"
    assert not equal(policy(), json.dumps(one), json.dumps(two))


def test_an_omitted_value_equals_the_default_or_a_computed_value() -> None:
    assert equal(integer(default=5), None, 5)
    assert not equal(integer(default=5), None, 6)
    assert equal(integer(computed=True), None, 6)
    assert not equal(integer(computed=True), 7, 6)

"""Test that policy documents are rendered as Terraform's `aws_iam_policy_document` renders them."""

import json
from typing import Any

import pytest

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.registry import function

_TOKEN = "aws:iam/getPolicyDocument:getPolicyDocument"

# What terraform-plugin-sdk 2.38.1 makes of the sets in these tests.
_PRINCIPALS = ["333333333333", "222222222222", "111111111111", "444444444444"]
_VALUES = ["b", "a", "d", "e", "c"]


def _render(**arguments: Any) -> dict[str, Any]:
    return function(_TOKEN).invoke(Cloud(environment={"AWS_REGION": "us-east-1"}), arguments)


def _statements(**arguments: Any) -> list[dict[str, Any]]:
    return json.loads(_render(**arguments)["json"])["Statement"]


def _condition(test: str, variable: str, *values: str) -> dict[str, Any]:
    return {"test": test, "variable": variable, "values": list(values)}


def test_the_document_has_terraforms_form_to_the_byte() -> None:
    statement = {
        "resources": ["arn:aws:s3:::b/&{aws:username}/<x>"],
        "actions": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        "sid": "One",
        "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}],
        "conditions": [_condition("StringEquals", "aws:b", "1"), _condition("Bool", "aws:a", "true")],
    }
    found = _render(policyId="id", statements=[statement])
    assert (
        found["json"]
        == """{
  "Version": "2012-10-17",
  "Id": "id",
  "Statement": [
    {
      "Sid": "One",
      "Effect": "Allow",
      "Action": [
        "s3:PutObject",
        "s3:GetObject",
        "s3:AbortMultipartUpload"
      ],
      "Resource": "arn:aws:s3:::b/${aws:username}/\\u003cx\\u003e",
      "Principal": {
        "Service": "lambda.amazonaws.com"
      },
      "Condition": {
        "Bool": {
          "aws:a": "true"
        },
        "StringEquals": {
          "aws:b": "1"
        }
      }
    }
  ]
}"""
    )
    assert json.loads(found["minifiedJson"]) == json.loads(found["json"])
    assert found["minifiedJson"].startswith('{"Version":"2012-10-17","Id":"id","Statement":[{"Sid":"One",')


def test_the_arguments_are_returned_with_their_defaults() -> None:
    found = _render(statements=[{"actions": ["s3:*"]}])
    assert found["version"] == "2012-10-17"
    assert found["statements"] == [{"actions": ["s3:*"], "effect": "Allow"}]


def test_a_document_without_statements_has_only_its_version() -> None:
    assert _render()["minifiedJson"] == '{"Version":"2012-10-17"}'


def test_principals_of_one_type_are_merged_in_the_order_of_terraforms_set() -> None:
    principals = [
        {"type": "AWS", "identifiers": ["111111111111"]},
        {"type": "AWS", "identifiers": ["222222222222", "333333333333"]},
        {"type": "AWS", "identifiers": ["444444444444"]},
        {"type": "Service", "identifiers": ["a.amazonaws.com"]},
    ]
    (statement,) = _statements(statements=[{"principals": principals}])
    assert statement["Principal"] == {"AWS": _PRINCIPALS, "Service": "a.amazonaws.com"}


def test_values_of_one_variable_are_merged_in_the_order_of_terraforms_set() -> None:
    conditions = [
        _condition("StringEquals", "aws:x", "b", "a"),
        _condition("StringEquals", "aws:x", "c"),
        _condition("StringEquals", "aws:x", "d", "e"),
        _condition("Bool", "aws:y", "true"),
    ]
    (statement,) = _statements(statements=[{"conditions": conditions}])
    assert statement["Condition"] == {"Bool": {"aws:y": "true"}, "StringEquals": {"aws:x": _VALUES}}


@pytest.mark.parametrize(
    ("kind", "written"), [("*", "*"), ("AWS", {"AWS": "*"})], ids=["anybody", "any account"]
)
def test_only_the_star_of_type_star_is_written_without_a_type(kind: str, written: Any) -> None:
    (statement,) = _statements(statements=[{"principals": [{"type": kind, "identifiers": ["*"]}]}])
    assert statement["Principal"] == written


def test_sources_are_merged_and_overrides_replace_statements_by_their_sid() -> None:
    source = {
        "Version": "2008-10-17",
        "Statement": [
            {"Sid": "A", "Effect": "Deny", "Action": ["b", "c", "a"], "Unknown": 1},
            {"Sid": "B", "Principal": {"AWS": ["1", "2"]}, "Condition": {"Bool": {"x": True}}},
        ],
    }
    override = {"Statement": [{"Sid": "C", "Effect": "Deny"}, {"Effect": "Allow", "Action": "last"}]}
    found = _statements(
        sourcePolicyDocuments=[json.dumps(source)],
        statements=[{"sid": "A", "actions": ["mine"]}, {"sid": "C", "actions": ["mine"]}],
        overridePolicyDocuments=[json.dumps(override)],
    )
    assert found == [
        {"Sid": "A", "Effect": "Allow", "Action": "mine"},
        {"Sid": "B", "Principal": {"AWS": ["2", "1"]}, "Condition": {"Bool": {"x": "true"}}},
        {"Sid": "C", "Effect": "Deny"},
        {"Effect": "Allow", "Action": "last"},
    ]


def test_a_source_keeps_the_order_of_its_actions() -> None:
    source = json.dumps({"Statement": [{"Effect": "Deny", "Action": ["b", "c", "a"]}]})
    assert _statements(sourcePolicyDocuments=[source])[0]["Action"] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "the Sid 'A' is a duplicate"),
        ({"sourcePolicyDocuments": ['{"Statement": [{"Sid": "A"}, {"Sid": "A"}]}']}, "'A' is a duplicate"),
        ({"sourcePolicyDocuments": ["{"]}, r"sourcePolicyDocuments\[0\]: is invalid JSON"),
        ({"overridePolicyDocuments": ['{"Statement": {}}']}, "`Statement` is not a list"),
        ({"statements": [{"sid": "a-b"}]}, r"statements\[0\]\.sid: 'a-b' has other than letters"),
        ({"statements": [{"effect": "allow"}]}, "'allow' is not one of Allow, Deny"),
        ({"version": "2020-01-01"}, "'2020-01-01' is not one of 2008-10-17, 2012-10-17"),
        ({"version": "2008-10-17", "statements": [{"resources": ["&{a}"]}]}, "does not support"),
        ({"statements": [{"conditions": [{"test": "Bool"}]}]}, "is required by"),
        ({"sourceJson": "{}"}, "sourceJson: has no effect any more"),
        ({"sparkle": 1}, "does not support property 'sparkle'"),
    ],
)
def test_what_terraform_refuses_is_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(AwsError, match=problem):
        _render(**arguments)

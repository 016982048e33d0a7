"""A stack's state becomes Terraform JSON: names, references, files, and what the comparison reports."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_local_aws.provider.registry import tokens
from pulumi_local_aws.provider.values import ARCHIVE, SECRET, SIGNATURE
from tools.terraform_json.compare import changes, compare
from tools.terraform_json.convert import ConversionError, aws_resources, convert, terraform_type
from tools.terraform_json.terraform import (
    PLUGINS_VARIABLE,
    Terraform,
    TerraformUnavailableError,
    provider_settings,
)

STACK = "urn:pulumi:test::shop"
ROLE, TABLE, POLICY, FUNCTION = (
    f"{STACK}::aws:iam/role:Role::orders-role",
    f"{STACK}::aws:dynamodb/table:Table::ordersTable",
    f"{STACK}::aws:iam/rolePolicy:RolePolicy::orders-policy",
    f"{STACK}::shop:index:Orders$aws:lambda/function:Function::orders-function",
)
TABLE_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/orders-1234567"


def state(urn: str, physical_id: str, inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a resource as `pulumi stack export` prints it."""
    token = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "type": token, "id": physical_id, "inputs": inputs, **more}


def shop() -> list[dict[str, Any]]:
    """Return a table, a function that reads it, and the function's role and policy."""
    policy = {"Statement": [{"Action": "dynamodb:GetItem", "Resource": f"{TABLE_ARN}/index/due"}]}
    index = {"name": "due", "hashKey": "shard", "projectionType": "ALL"}
    return [
        {"urn": f"{STACK}::shop:index:Orders::orders", "type": "shop:index:Orders"},
        state(
            ROLE, "orders-role-7", {"name": "orders-role-7"}, outputs={"arn": "arn:aws:iam::0:role/orders"}
        ),
        state(
            TABLE,
            "orders-1234567",
            {
                "__defaults": ["name"],
                "name": "orders-1234567",
                "globalSecondaryIndexes": [index],
                "ttl": None,
            },
            outputs={"arn": TABLE_ARN, "region": "us-east-1"},
        ),
        state(
            POLICY,
            "orders-role-7:orders-policy-7",
            {"role": "orders-role-7", "policy": json.dumps(policy)},
            propertyDependencies={"role": [ROLE], "policy": [TABLE]},
            dependencies=[ROLE, TABLE],
        ),
        state(
            FUNCTION,
            "orders",
            {
                "name": "orders",
                "role": "arn:aws:iam::0:role/orders",
                "code": {SIGNATURE: ARCHIVE, "hash": "0", "path": "zips/orders.zip"},
                "environment": {"variables": {"TABLE": "orders-1234567", "TEMPLATE": "${a} %{b} us-east-1"}},
            },
            propertyDependencies={"role": [ROLE], "environment": [TABLE]},
            dependencies=[ROLE, TABLE, POLICY],
        ),
    ]


def export(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(resources)}}


def test_resources_get_terraforms_names_and_refer_to_each_other() -> None:
    resources = convert(aws_resources(export(*shop())), Path("/program")).resources
    assert resources["aws_dynamodb_table"]["orders_table"] == {
        "name": "orders-1234567",
        "global_secondary_index": [{"name": "due", "hash_key": "shard", "projection_type": "ALL"}],
    }
    policy = resources["aws_iam_role_policy"]["orders_policy"]
    assert policy["role"] == "${aws_iam_role.orders_role.id}"
    assert "${aws_dynamodb_table.orders_table.arn}/index/due" in policy["policy"]
    assert resources["aws_lambda_function"]["orders_function"] == {
        "function_name": "orders",
        "role": "${aws_iam_role.orders_role.arn}",
        "filename": "/program/zips/orders.zip",
        "environment": [
            {
                "variables": {
                    "TABLE": "${aws_dynamodb_table.orders_table.id}",
                    "TEMPLATE": "$${a} %%{b} us-east-1",
                }
            }
        ],
        "depends_on": ["aws_iam_role_policy.orders_policy"],
    }


def test_each_supported_type_has_a_name_in_snake_case() -> None:
    names = [terraform_type(token) for token in tokens()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("aws_") and name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (state(f"{STACK}::aws:ec2/vpc:Vpc::net", "vpc-1", {}), "has no type 'aws:ec2/vpc:Vpc'"),
        (state(f"{ROLE}-2", "r", {"sparkle": 1}), "has no property 'sparkle'"),
        (state(ROLE, "r", {"name": {SIGNATURE: SECRET, "ciphertext": "v1"}}), "--show-secrets"),
        (state(FUNCTION, "f", {"code": {SIGNATURE: ARCHIVE, "hash": "0"}}), "neither a path nor a text"),
        (shop()[1], "has the address aws_iam_role.orders_role"),
    ],
)
def test_what_cannot_be_written_is_an_error_that_names_it(resource: dict[str, Any], message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        convert(aws_resources(export(shop()[1], resource)), Path("/program"))


def shown(policy: str, **function: Any) -> dict[str, Any]:
    """Return the shop as Terraform shows it in another account."""
    values = {
        "aws_iam_role.orders_role": {"id": "orders-role-7", "arn": "arn:aws:iam::9:role/orders"},
        "aws_dynamodb_table.orders_table": {
            "id": "orders-1234567",
            "name": "orders-1234567",
            "arn": TABLE_ARN.replace("0000", "9999"),
        },
        "aws_iam_role_policy.orders_policy": {"id": "orders-role-7:orders-policy-7", "policy": policy},
        "aws_lambda_function.orders_function": {"id": "orders", "memory_size": 128, **function},
    }
    resources = [{"address": address, "values": one} for address, one in values.items()]
    return {"values": {"root_module": {"resources": resources}}}


def test_only_what_differs_beside_identifiers_is_reported() -> None:
    parts = shop()
    parts[3]["outputs"] = {"policy": parts[3]["inputs"]["policy"]}
    parts[4]["outputs"] = {"memorySize": 256, "layers": [], "timeout": 3}
    policy = parts[3]["inputs"]["policy"].replace(TABLE_ARN, TABLE_ARN.replace("0000", "9999"))
    (difference,) = compare(aws_resources(export(*parts)), shown(policy, timeout=3, layers=None))
    assert (difference.label, difference.attribute) == ("orders_function", "memory_size")
    assert (difference.ours, difference.theirs) == (256, 128)


def test_a_plan_s_changes_are_reported_by_attribute() -> None:
    change = {
        "actions": ["update"],
        "before": {"a": 1, "b": "", "c": 3},
        "after": {"a": 2, "b": None, "c": 3},
    }
    unchanged = {"actions": ["no-op"], "before": {"a": 1}, "after": {"a": 1}}
    plan = {
        "resource_changes": [
            {"type": "aws_iam_role", "name": "r", "change": change},
            {"type": "aws_iam_role", "name": "s", "change": unchanged},
        ]
    }
    assert [(one.label, one.attribute) for one in changes(plan)] == [("r", "a")]


def _executable(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_without_a_cli_or_a_provider_the_reason_is_given(tmp_path: Path) -> None:
    with pytest.raises(TerraformUnavailableError, match="neither tofu nor terraform is on PATH"):
        Terraform.find(tmp_path, {"PATH": str(tmp_path)})
    _executable(tmp_path, "tofu")
    with pytest.raises(TerraformUnavailableError, match="terraform-provider-aws is not on PATH"):
        Terraform.find(tmp_path, {"PATH": str(tmp_path)})
    with pytest.raises(TerraformUnavailableError, match="has no folder HOST/hashicorp/aws"):
        Terraform.find(tmp_path, {"PATH": str(tmp_path), PLUGINS_VARIABLE: str(tmp_path)})


def test_a_provider_is_found_on_path_and_in_a_mirror(tmp_path: Path) -> None:
    _executable(tmp_path / "bin", "tofu")
    _executable(tmp_path / "bin", "terraform-provider-aws")
    mirror = tmp_path / "mirror"
    (mirror / "registry.opentofu.org/hashicorp/aws").mkdir(parents=True)
    path = {"PATH": str(tmp_path / "bin")}
    on_path = Terraform.find(tmp_path, path)
    assert (on_path.cli.name, on_path.source) == ("tofu", "registry.terraform.io/hashicorp/aws")
    assert on_path.installation.startswith("dev_overrides")
    mirrored = Terraform.find(tmp_path, {**path, PLUGINS_VARIABLE: str(mirror)})
    assert mirrored.source == "registry.opentofu.org/hashicorp/aws"
    assert str(mirror) in mirrored.installation


def test_the_provider_is_led_to_the_emulator() -> None:
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    }
    settings = provider_settings(environment, ("sqs", "sns"))
    assert settings["endpoints"] == [{"sqs": "http://127.0.0.1:4566", "sns": "http://127.0.0.1:4566"}]
    assert settings["skip_credentials_validation"]

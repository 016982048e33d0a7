"""The schema of the local `aws` package, from which YAML programs are typed."""

import json
from typing import Any

from pulumi_local_aws.provider import registry
from pulumi_local_aws.provider.package_schema import package_schema

SCHEMA: dict[str, Any] = package_schema("7.51.1")


def test_every_supported_type_and_function_is_in_the_schema() -> None:
    assert set(SCHEMA["resources"]) == set(registry.tokens())
    assert set(SCHEMA["functions"]) == set(registry.function_tokens())


def test_a_resource_has_typed_inputs_and_outputs() -> None:
    table = SCHEMA["resources"]["aws:dynamodb/table:Table"]
    assert table["inputProperties"]["hashKey"] == {"type": "string"}
    assert table["inputProperties"]["tags"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert "arn" in table["properties"]
    assert "arn" not in table["inputProperties"]
    (reference,) = table["inputProperties"]["attributes"]["items"].values()
    attribute = SCHEMA["types"][reference.removeprefix("#/types/")]
    assert set(attribute["properties"]) == {"name", "type"}


def test_every_reference_is_defined() -> None:
    text = json.dumps(SCHEMA)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    ours = {name.removeprefix("#/types/") for name in references if name.startswith("#/types/")}
    assert ours <= set(SCHEMA["types"])
    assert references - {f"#/types/{name}" for name in ours} <= {"pulumi.json#/Any"}

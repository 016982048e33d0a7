"""Convert the AWS resources of a Pulumi stack to Terraform JSON.

The names of types and properties follow from the record of pulumi-aws (`upstream.json`). A value that another
resource returned becomes a reference to it, also inside policies and templates. Syntax:
https://developer.hashicorp.com/terraform/language/syntax/json
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pulumi_local_aws.provider.facts import RECORD
from pulumi_local_aws.provider.values import ARCHIVE, ASSET, SECRET, SIGNATURE
from tools.terraform_facts.__main__ import terraform_name

Values = Mapping[str, Any]

_TYPES = {
    "aws:apigateway/account:Account": "aws_api_gateway_account",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
}
"""Types whose names pulumi-aws changed."""

_MIN_PART_CHARACTERS = 8
"""A shorter output inside a longer text is no reference: `live` occurs in other words."""


class ConversionError(Exception):
    """A resource cannot be written as Terraform JSON."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A custom resource of a stack's state."""

    urn: str
    token: str
    name: str
    id: str
    inputs: Values
    outputs: Values
    property_dependencies: Mapping[str, Sequence[str]]
    dependencies: Sequence[str]

    @property
    def type(self) -> str:
        """Terraform's type."""
        return terraform_type(self.token)

    @property
    def label(self) -> str:
        """The name in the configuration, unique for its type."""
        return terraform_name(re.sub(r"\W+", "_", self.name))

    @property
    def address(self) -> str:
        """Terraform's address."""
        return f"{self.type}.{self.label}"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The resources by type and label, and the texts of the files that they name."""

    resources: dict[str, dict[str, Any]]
    files: dict[str, str] = field(default_factory=dict[str, str])


def terraform_type(token: str) -> str:
    """Return Terraform's type for a token such as `aws:sqs/queue:Queue`."""
    if token in _TYPES:
        return _TYPES[token]
    module, _, name = token.removeprefix("aws:").rpartition(":")[0].partition("/")
    return f"aws_{terraform_name(module)}_{terraform_name(name)}"


def aws_resources(export: Values) -> list[Resource]:
    """Return the AWS resources of `pulumi stack export`."""
    return [
        Resource(
            urn=one["urn"],
            token=one["type"],
            name=one["urn"].rpartition("::")[2],
            id=one["id"],
            inputs=_plain(one.get("inputs", {})),
            outputs=_plain(one.get("outputs", {})),
            property_dependencies=one.get("propertyDependencies", {}),
            dependencies=one.get("dependencies", []),
        )
        for one in export["deployment"].get("resources", [])
        if one["type"].startswith("aws:")
    ]


def convert(resources: Sequence[Resource], folder: Path) -> Configuration:
    """Return the configuration; `folder` is the program's, to which the paths of its files are relative.

    Raises ConversionError for a type or a property that the record lacks, and for two equal names.
    """
    conversion = _Conversion({one.urn: one for one in resources}, folder)
    for one in resources:
        conversion.add(one)
    return conversion.configuration


class _Conversion:
    def __init__(self, by_urn: Mapping[str, Resource], folder: Path) -> None:
        self._by_urn = by_urn
        self._folder = folder
        self.configuration = Configuration(resources={})

    def add(self, resource: Resource) -> None:
        """Add a resource to the configuration."""
        if resource.token not in RECORD:
            raise ConversionError(f"{resource.urn}: upstream.json has no type {resource.token!r}")
        same_type = self.configuration.resources.setdefault(resource.type, {})
        if resource.label in same_type:
            raise ConversionError(f"{resource.urn}: another resource has the address {resource.address}")
        body: dict[str, Any] = {}
        for name, value in resource.inputs.items():
            if name.startswith("__") or value is None:
                continue
            of = [
                self._by_urn[urn]
                for urn in resource.property_dependencies.get(name, ())
                if urn in self._by_urn
            ]
            key, converted = self._property(resource, name, value, _References(of))
            body[key] = converted
        implied = json.dumps(body)
        explicit = sorted(
            other.address
            for urn in resource.dependencies
            if (other := self._by_urn.get(urn)) and f"${{{other.address}." not in implied
        )
        same_type[resource.label] = {**body, **({"depends_on": explicit} if explicit else {})}

    def _property(
        self, resource: Resource, path: str, value: Any, references: "_References"
    ) -> tuple[str, Any]:
        facts = RECORD[resource.token]
        if path not in facts:
            raise ConversionError(f"{resource.urn}: upstream.json has no property {path!r}")
        key = facts[path].get("terraform") or terraform_name(path.rpartition(".")[2])
        if any(name.startswith(f"{path}.") for name in facts):
            items = cast("list[Values]", value if isinstance(value, list) else [value])
            return key, [
                dict(
                    self._property(resource, f"{path}.{name}", item, references)
                    for name, item in one.items()
                    if item is not None
                )
                for one in items
            ]
        if isinstance(value, dict) and SIGNATURE in value:
            return key, self._file(resource, cast("Values", value))
        return key, references.expression(value)

    def _file(self, resource: Resource, blob: Values) -> str:
        """Return the path of an asset's or archive's file."""
        if "path" in blob:
            return str(self._folder / blob["path"])
        if "text" in blob:
            name = f"{resource.label}.txt"
            self.configuration.files[name] = blob["text"]
            return f"${{path.module}}/{name}"
        raise ConversionError(f"{resource.urn}: the state has neither a path nor a text of its file")


class _References:
    """What the resources that a property depends on returned, as references."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._known: dict[str, str] = {}
        for one in resources:
            for name, value in _texts(one):
                self._known.setdefault(value, f"${{{one.address}.{name}}}")

    def expression(self, value: Any) -> Any:
        """Return a value as Terraform's expression: a reference where it is another resource's."""
        if isinstance(value, dict):
            return {key: self.expression(item) for key, item in cast("Values", value).items()}
        if isinstance(value, list):
            return [self.expression(item) for item in cast("list[Any]", value)]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if text in self._known:
            return self._known[text]
        parts = sorted((one for one in self._known if len(one) >= _MIN_PART_CHARACTERS), key=len)
        found = next((one for one in reversed(parts) if one in text), None)
        if found is None:
            return text.replace("${", "$${").replace("%{", "%%{")
        return self._known[found].join(map(self._text, text.split(found)))


def _texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield Terraform's name and the value of each text that only AWS or the provider decides."""
    facts = RECORD[resource.token]
    yield "id", resource.id
    for path in [*(path for path, fact in facts.items() if fact.get("output")), "name"]:
        value = resource.outputs.get(path)
        if path in facts and isinstance(value, str) and value:
            yield facts[path].get("terraform") or terraform_name(path), value


def _plain(value: Any) -> Any:
    """Return a value without the structs of secrets around it.

    Raises ConversionError if a secret is encrypted.
    """
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    known = cast("dict[str, Any]", value)
    if known.get(SIGNATURE) == SECRET:
        if "plaintext" not in known:
            raise ConversionError("a secret is encrypted: export the stack with --show-secrets")
        return _plain(json.loads(known["plaintext"]))
    if known.get(SIGNATURE) in (ASSET, ARCHIVE):
        return known
    return {key: _plain(item) for key, item in known.items()}

"""Create the resources of a table: CATALOGUE names a JSON file of types and properties by name.

In a property, `${name.output}` stands for another resource's output, and `{"$code": TEXT}` for an archive
with that text as handler.py, `{"$secret": VALUE}` for a secret, `{"$asset": TEXT}` for an asset.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pulumi

REFERENCE = re.compile(r"\$\{(\w+)\.(\w+)\}")
created: dict[str, "Made"] = {}


class Made(pulumi.CustomResource):
    """A resource whose outputs are read by name."""

    def __init__(
        self, kind: str, name: str, properties: dict[str, Any], outputs: set[str], **options: Any
    ) -> None:
        wanted = {**dict.fromkeys(outputs), **properties}
        super().__init__(kind, name, wanted, pulumi.ResourceOptions(version="7.51.1", **options))

    def output(self, name: str) -> Any:
        return self.id if name == "id" else pulumi.Output.from_input(getattr(self, name))


SPECIAL: dict[str, Callable[[Any], Any]] = {
    "$code": lambda text: pulumi.AssetArchive({"handler.py": pulumi.StringAsset(text)}),
    "$asset": pulumi.StringAsset,
    "$secret": pulumi.Output.secret,
}


def resolve(value: Any) -> Any:
    """Return the value with its references and markers resolved."""
    if isinstance(value, dict):
        table = cast(dict[str, Any], value)
        special = next((key for key in SPECIAL if key in table), None)
        if special is not None:
            return SPECIAL[special](table[special])
        return {name: resolve(item) for name, item in table.items()}
    if isinstance(value, list):
        return [resolve(item) for item in cast(list[Any], value)]
    if isinstance(value, str) and REFERENCE.search(value):
        parts = re.split(r"\$\{(\w+\.\w+)\}", value)
        pieces = [lookup(part) if index % 2 else part for index, part in enumerate(parts)]
        return pulumi.Output.concat(*pieces)
    return value


def lookup(reference: str) -> Any:
    name, output = reference.split(".")
    return created[name].output(output)


text = Path(os.environ["CATALOGUE"]).read_text()
catalogue: dict[str, Any] = json.loads(text)
referenced: dict[str, set[str]] = {name: set() for name in catalogue}
for name, output in REFERENCE.findall(text):
    referenced[name].add(output)
for name, entry in catalogue.items():
    options = {"protect": True} if entry.get("protect") else {}
    options |= {"depends_on": [created[other] for other in entry.get("dependsOn", [])]}
    created[name] = Made(
        entry["type"], name, resolve(entry["properties"]), referenced[name] - {"id"}, **options
    )
    pulumi.export(name, created[name].id)

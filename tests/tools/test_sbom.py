"""The bills of materials name each pinned package with its version."""

import json
import re
from pathlib import Path

import pytest

from tools.commands.sbom import PINS, write_documents
from tools.dev_stack.paths import ROOT


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str]]]:
    """Name and version of each component, by the document's name."""

    def components(path: Path) -> set[tuple[str, str]]:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["bomFormat"] == "CycloneDX"
        return {(item["name"], item["version"]) for item in document["components"]}

    written = write_documents(tmp_path_factory.mktemp("sbom"))
    return {path.name.removesuffix(".cdx.json"): components(path) for path in written}


@pytest.mark.parametrize("name", PINS)
def test_each_pinned_python_package_is_listed(documents: dict[str, set[tuple[str, str]]], name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.MULTILINE))
    assert pinned
    assert documents[name] == pinned


def test_each_locked_npm_package_is_listed(documents: dict[str, set[tuple[str, str]]]) -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    locked = {
        (path.rpartition("node_modules/")[2], item["version"])
        for path, item in lock["packages"].items()
        if path.startswith("node_modules/") and "version" in item and not item.get("optional")
    }
    listed = {(name.rpartition("/")[2], version) for name, version in documents["web"]}
    assert {(name.rpartition("/")[2], version) for name, version in locked} <= listed

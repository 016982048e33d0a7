"""A stack with `deletionProtection` survives `pulumi destroy`, and comes down as docs/operations.md says."""

import os
import re
import shlex
from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.errors import EngineError, EngineUnavailable
from pulumi_local_aws.stack.bring_up import bring_up
from tools.dev_stack.dev_stack import DevStack, stop_all
from tools.dev_stack.paths import ROOT
from tools.dev_stack.throwaway_stack import layout_in

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
SETTING = "websocket-sessions:deletionProtection"
KEPT = {
    "aws:apigatewayv2/api:Api": 2,
    "aws:cognito/userPool:UserPool": 1,
    "aws:cognito/userPoolClient:UserPoolClient": 1,
    "aws:dynamodb/table:Table": 6,
}
"""What a client or an operator cannot get back under the same name."""


def documented_commands() -> list[list[str]]:
    """Return the commands of the page's section, in their order."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.partition("## Taking down a protected stack")[2].partition("\n## ")[0]
    return [shlex.split(line)[1:] for line in re.findall(r"^pulumi .+$", section, re.MULTILINE)]


@pytest.fixture
def protected(tmp_path: Path) -> Generator[DevStack]:
    """A local stack of its own, with deletion protection as in production."""
    if os.environ.get("E2E_OUTPUTS"):
        pytest.skip("destroys its stack, which is not the deployed one")
    layout = layout_in(tmp_path)
    config = layout.root / "Pulumi.local.yaml"
    text = config.read_text(encoding="utf-8")
    assert f"{SETTING}: false" in text
    config.write_text(text.replace(f"{SETTING}: false", f"{SETTING}: true"), encoding="utf-8")
    try:
        stack = DevStack(layout)
        bring_up(layout, stack)
        yield stack
    except EngineUnavailable as error:
        pytest.skip(str(error))
    finally:
        stop_all(layout)


def resources(stack: DevStack) -> dict[str, str]:
    """Return the id of each AWS resource in the state, by URN."""
    found = stack.engine.export(stack.name, stack.project.folder)["deployment"].get("resources", [])
    return {one["urn"]: one["id"] for one in found if one["type"].startswith("aws:")}


def test_destroy_deletes_nothing_of_a_protected_stack_until_it_is_unprotected(protected: DevStack) -> None:
    engine, folder = protected.engine, protected.project.folder
    before = resources(protected)
    counts = {kind: sum(f"{kind}::" in urn for urn in before) for kind in KEPT}
    assert counts == KEPT

    with pytest.raises(EngineError, match="protected"):
        engine.run(folder, "destroy", "--yes", "--stack", protected.name)
    assert resources(protected) == before
    engine.refresh(protected.name, folder, "--expect-no-changes")

    commands = documented_commands()
    assert [command[0] for command in commands] == ["config", "up", "destroy"]
    for command in commands:
        confirmed = () if command[0] == "config" else ("--yes",)
        engine.run(folder, *command, *confirmed, "--stack", protected.name)
    assert resources(protected) == {}
    tables = client("dynamodb", protected.aws_environment()).list_tables()["TableNames"]
    pools = client("cognito-idp", protected.aws_environment()).list_user_pools(MaxResults=10)["UserPools"]
    assert (tables, pools) == ([], [])

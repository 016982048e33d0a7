"""The commands of docs/operations.md work on a deployed stack."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, User
from tests.support.documented_commands import SHELLS, blocks
from tools.dev_stack.paths import ROOT

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("aws") is None, reason="there is no AWS CLI here"),
]
Run = Callable[[str], str]

PULUMI = """\
#!{python}
import json, sys
outputs = json.load(open({outputs!r}))
assert sys.argv[1:3] == ["stack", "output"] and sys.argv[-1] == "--json", sys.argv
print(json.dumps(outputs[sys.argv[3]] if len(sys.argv) == 5 else outputs))
"""
"""A `pulumi stack output [NAME] --json` for a stack that is known by its outputs only."""


@pytest.fixture
def run(deployment: Deployment, tmp_path: Path) -> Run:
    """Run lines of a shell with the AWS CLI on the stack, and return what they printed."""
    outputs = tmp_path / "deployed.json"
    outputs.write_text(json.dumps(deployment.outputs), encoding="utf-8")
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text(PULUMI.format(python=sys.executable, outputs=str(outputs)), encoding="utf-8")
    pulumi.chmod(0o755)
    python = pulumi.parent / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    path = os.pathsep.join([str(pulumi.parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, **deployment.aws, "PATH": path, "AWS_PAGER": ""}

    def run(script: str) -> str:
        done = subprocess.run(
            ["/bin/bash", "-euc", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


async def test_an_operator_ends_a_session_as_the_page_says(
    deployment: Deployment, speaker_user: User, run: Run
) -> None:
    shown = [text for language, text in blocks(ROOT / "docs" / "operations.md") if language in SHELLS]
    (invoke,) = [text for text in shown if "aws lambda invoke" in text]
    (end,) = [text for text in shown if "end-session" in text]
    async with (
        await deployment.connect(speaker_user) as speaker,
        await deployment.connect(speaker_user) as other,
    ):
        created = await speaker.request("createSession", sourceLanguage="en", quality="standard")
        session = (await other.request("createSession", sourceLanguage="en", quality="standard"))["sessionId"]
        config = await asyncio.to_thread(run, "pulumi stack output frontendConfig --json")
        assert json.loads(config) == deployment.config
        script = end.replace("caring-king-275", created["sessionId"])
        script = script.replace("speaker@example.com", speaker_user.name)
        ended = (await asyncio.to_thread(run, script)).split("\n")
        assert ended == [created["sessionId"], session, "No session was live.", ""]
        assert json.loads(await asyncio.to_thread(run, invoke))["StatusCode"] == 200
        for client in (speaker, other):
            assert (await client.push("sessionEnded"))["reason"] == "expired"

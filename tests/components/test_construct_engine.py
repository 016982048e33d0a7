"""Components that the real engine constructs through the plugin, for a program that does not import them.

The program declares remote components, as a generated SDK of any language does. The engine finds the plugin
by the path in Pulumi.yaml, which `pulumi package add <path>` writes.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from tests.components.plugin_process import FOLDER

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
STACK = "test"
REMOTE = """
import pulumi


class Remote(pulumi.ComponentResource):
    def __init__(self, kind, name, inputs, outputs=()):
        super().__init__(
            f"websocket_sessions:index:{kind}", name, {**dict.fromkeys(outputs), **inputs}, remote=True
        )
"""
PROGRAM = (
    REMOTE
    + """

tables = Remote("SessionTables", "tables", {"deletionProtection": False}, ["arns"])
worker = Remote(
    "LambdaHandler",
    "worker",
    {
        "handler": "app.handler",
        "archive": pulumi.FileArchive("app"),
        "policy": [{"actions": ["dynamodb:PutItem"], "resources": [tables.arns["sessions"]]}],
        "environment": {"TOKEN": pulumi.Output.secret("open sesame")},
    },
    ["functionArn", "roleName"],
)
api = Remote(
    "WebSocketApi",
    "chat",
    {
        "routes": {
            "$connect": worker.functionArn,
            "$default": {"target": "app/app.handler", "throttle": {"rate": 10, "burst": 5}},
            "ping": {"responseTemplate": "{}"},
        },
        "grants": {"worker": {"roleName": worker.roleName, "verbs": ["POST"]}},
    },
    ["apiId", "url", "executionArn"],
)
schedule = Remote("Schedule", "each-hour", {"function": worker.functionArn, "expression": "rate(1 hour)"})
pulumi.export("url", api.url)
pulumi.export("executionArn", api.executionArn)
"""
)
REFUSED = (
    REMOTE
    + """

throttle = {"rate": 1, "brust": 2}
Remote("WebSocketApi", "chat", {"routes": {"chat": {"target": "app/app.handler", "throttle": throttle}}})
"""
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("elsewhere")
    (made / "app").mkdir()
    (made / "app" / "app.py").write_text("def handler(event, context):\n    return {'statusCode': 200}\n")
    plugin = f"plugins:\n  providers:\n    - name: websocket_sessions\n      path: {FOLDER}\n"
    (made / "Pulumi.yaml").write_text(f"name: elsewhere\nruntime: python\n{plugin}")
    (made / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, made)
    engine.up(STACK, made)
    yield made
    engine.destroy(STACK, made)
    assert not engine.export(STACK, made)["deployment"].get("resources")


def test_components_of_another_language_deploy_and_a_second_preview_finds_no_change(
    project: Path, engine: Engine
) -> None:
    outputs = engine.outputs(STACK, project)
    assert str(outputs["url"]).endswith("/live")
    assert str(outputs["executionArn"]).startswith("arn:aws:execute-api:")
    assert {step["op"] for step in engine.plan(STACK, project)} == {"same"}


def test_a_secret_is_encrypted_in_the_state(project: Path, engine: Engine) -> None:
    assert "open sesame" not in json.dumps(engine.export(STACK, project))


def test_an_argument_that_is_not_allowed_ends_the_preview_in_one_line(project: Path, engine: Engine) -> None:
    """The refused component stands alone: the SDK prints a traceback for others that the end interrupts."""
    program = project / "__main__.py"
    program.write_text(REFUSED)
    refused = engine.preview(STACK, project, check=False)
    program.write_text(PROGRAM)
    assert refused.returncode
    assert "routes.chat.throttle.brust is no argument of Throttle: did you mean burst?" in refused.output
    assert "Traceback" not in refused.output
    assert "arguments.py" not in refused.output

"""A small API on the local AWS, deployed by the real engine from a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]
STACK = "test"
PROGRAM = f"""
import sys

sys.path.insert(0, {str(ROOT / "components")!r})

import pulumi

from websocket_sessions import HttpApi, HttpRoute, Route, WebSocketApi

api = WebSocketApi(
    "echo",
    routes={{
        "$connect": Route(target="app/app.handler", authorizer="app/app.authorize"),
        "$default": "app/app.handler",
        "default": "app/app.handler",
        "chat.message": "app/app.handler",
        "room:join": "app/app.handler",
        "chat/send": "app/app.handler",
    }},
)
http = HttpApi(
    "pages",
    routes={{
        "GET /a/b": HttpRoute(target="app/app.handler", signed_in=False),
        "GET /a-b": HttpRoute(target="app/app.handler", signed_in=False),
    }},
)
pulumi.export("routes", sorted(api.routes))
"""
CODE = """
def handler(event, context):
    return {"statusCode": 200, "body": event.get("body") or ""}


def authorize(event, context):
    return {"principalId": "anyone", "policyDocument": {"Version": "2012-10-17", "Statement": []}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("echo")
    (made / "app").mkdir()
    (made / "app" / "app.py").write_text(CODE)
    (made / "Pulumi.yaml").write_text("name: echo\nruntime: python\n")
    (made / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, made)
    engine.up(STACK, made)
    yield made
    engine.destroy(STACK, made)


def test_route_keys_of_any_characters_deploy(folder: Path, engine: Engine) -> None:
    routes = engine.outputs(STACK, folder)["routes"]
    assert {"$default", "default", "chat.message", "room:join", "chat/send"} <= set(routes)


def test_a_second_preview_finds_no_change(folder: Path, engine: Engine) -> None:
    assert {step["op"] for step in engine.plan(STACK, folder)} == {"same"}


def test_a_renamed_component_with_an_alias_keeps_its_resources(folder: Path, engine: Engine) -> None:
    program = (folder / "__main__.py").read_text()
    renamed = program.replace('"echo",', '"renamed",', 1).replace(
        "    },\n)\nhttp",
        '    },\n    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="echo")]),\n)\nhttp',
        1,
    )
    assert "aliases" in renamed
    (folder / "__main__.py").write_text(renamed)
    try:
        steps = engine.plan(STACK, folder)
        assert any("renamed" in step["urn"] for step in steps)
        assert {step["op"] for step in steps} <= {"same", "update"}
    finally:
        (folder / "__main__.py").write_text(program)

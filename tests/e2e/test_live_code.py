"""An edit goes live without the engine; code that cannot be imported leaves the old code live."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.cache import ministack_python
from pulumi_local_aws.stack.layout import Layout
from tests.e2e.deployment import Deployment
from tools.dev_stack import clients
from tools.dev_stack.archive_importer import Importer
from tools.dev_stack.hot_reload import LiveCode
from tools.dev_stack.session_client import SessionClient

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


@pytest.fixture
def tree(local_deployment: Deployment) -> Path:
    """The copy of the sources that the stack was deployed from."""
    if local_deployment.tree is None:
        pytest.skip("edits the sources that a stack was deployed from: the tests' own stack only")
    return local_deployment.tree


@pytest.fixture
def code(local_deployment: Deployment, tree: Path) -> Generator[LiveCode]:
    """The functions of the stack, as `make watch` sees them."""
    names = local_deployment.outputs["functionNames"].values()
    with Importer(ministack_python()) as importer:
        yield LiveCode.of(clients.functions(local_deployment.aws), importer, Layout.of(tree, {}), names)


async def unknown_action(deployment: Deployment) -> str:
    """What the function of `$default` answers."""
    async with await SessionClient.open(deployment.config["webSocketUrl"]) as client:
        await client.send_text('{"action": "noSuchAction"}')
        return str((await client.push("error"))["message"])


async def test_an_edit_is_live_at_once_and_a_broken_one_is_not(
    local_deployment: Deployment, code: LiveCode, tree: Path
) -> None:
    assert code.synchronize() == []
    handler = tree / "functions" / "handlers" / "unknown_action.py"
    original = handler.read_text()
    before = await unknown_action(local_deployment)
    try:
        handler.write_text(f"{original}\n{WRAPPER}")
        (change,) = code.synchronize({handler})
        assert (change.handler, change.error) == ("unknown_action", None)
        assert await unknown_action(local_deployment) == "edited"
        assert Layout.of(tree, {}).code_changed.exists()

        for broken, said in (
            ("raise RuntimeError('half way')\n", "half way"),
            ("import no_such\n", "no_such"),
            ("def (\n", "unknown_action.py, line 1"),
        ):
            handler.write_text(broken)
            (refused,) = code.synchronize({handler})
            assert said in (refused.error or "")
            assert await unknown_action(local_deployment) == "edited"
    finally:
        handler.write_text(original)
        code.synchronize({handler})
    assert await unknown_action(local_deployment) == before


WRAPPER = '''
_answered = handler


def handler(event, context):
    """The same, with another text."""
    import json

    result = _answered(event, context)
    return result | {"body": json.dumps(json.loads(result["body"]) | {"message": "edited"})}
'''

"""A component that the real engine constructs through the plugin, for a program that does not import it.

The program declares a remote component, as a generated SDK of any language does, but without the checks of
an SDK. tests/examples/test_every_component.py constructs all components with SDKs.
"""

from pathlib import Path

import pytest

from pulumi_local_aws.engine import Engine
from tests.components.plugin_process import FOLDER

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
STACK = "test"
PROGRAM = """
import pulumi


class Remote(pulumi.ComponentResource):
    def __init__(self, kind, name, inputs):
        super().__init__(f"websocket_sessions:index:{kind}", name, inputs, remote=True)


throttle = {"rate": 1, "brust": 2}
Remote("WebSocketApi", "chat", {"routes": {"chat": {"target": "app/app.handler", "throttle": throttle}}})
"""


def test_an_argument_that_is_not_allowed_ends_the_preview_in_one_line(engine: Engine, tmp_path: Path) -> None:
    """The refused component stands alone: the SDK prints a traceback for others that the end interrupts."""
    plugin = f"plugins:\n  providers:\n    - name: websocket_sessions\n      path: {FOLDER}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: elsewhere\nruntime: python\n{plugin}")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    engine.select(STACK, tmp_path)
    refused = engine.preview(STACK, tmp_path, check=False)
    assert refused.returncode
    assert "routes.chat.throttle.brust is no argument of Throttle: did you mean burst?" in refused.output
    assert "Traceback" not in refused.output
    assert "arguments.py" not in refused.output

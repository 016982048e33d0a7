"""The commands of `local-aws`: their report and their documentation."""

import re
from pathlib import Path

from pulumi_local_aws.__main__ import COMMANDS
from pulumi_local_aws.commands.up import report
from pulumi_local_aws.stack.layout import Layout

README = Path(__file__).resolve().parents[2] / "emulator" / "README.md"


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `local-aws (\w+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_report_names_the_inspector_at_the_gateways_port(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path, {"WEBSOCKET_PORT": "18745"})
    assert "http://127.0.0.1:18745/_gateway/inspector/" in report(layout, {"url": "ws://x"})

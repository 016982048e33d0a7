"""The commands of README and of docs/local-aws.md, in a folder with the echo's files, from the wheels."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pulumi_local_aws.engine_build import find_cli
from pulumi_local_aws.ministack import DEFAULT_PYTHON
from tests.examples.conftest import copy_example
from tests.support.documented_commands import blocks, commands
from tests.support.shell import Shell
from tests.support.wheels import REPOSITORY

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.engine,
    pytest.mark.skipif(find_cli() is None, reason="there is no Pulumi CLI here"),
    pytest.mark.skipif(not DEFAULT_PYTHON.exists(), reason="MiniStack is not installed"),
]


@pytest.fixture(scope="module")
def shell(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Shell]:
    made = Shell(copy_example("echo", tmp_path_factory.mktemp("echo")), installed)
    yield made
    made.run("local-aws down")


def test_three_commands_deploy_an_echo_and_talk_to_it(shell: Shell) -> None:
    documented = commands(REPOSITORY / "README.md")
    install = documented.index("pip install <this repository> <this repository>/emulator")
    deploy, connect = documented[install + 1 : install + 3]
    assert "The local stack is up" in shell.run(deploy)
    assert "< hello" in shell.run(connect, typed="hello\n", until="< hello")


def test_the_commands_of_local_aws_work_on_the_echo(shell: Shell) -> None:
    page = REPOSITORY / "docs" / "local-aws.md"
    (test,) = [text for language, text in blocks(page) if language == "python"]
    (shell.project / "test_echo.py").write_text(test, encoding="utf-8")
    install, up, watch, logs, tests, status, down = commands(page)
    assert install == "pip install <this repository>/emulator"
    function = shell.project / "app" / "app.py"
    function.write_text(function.read_text().replace("    return", "    print('called')\n    return"))
    assert "1 updated" in shell.run(up)
    shell.run(watch, until="Watching", interrupt=True)
    assert "1 passed" in shell.run(tests)
    shell.run(logs, until="called", interrupt=True)
    assert "url" in shell.run(status)
    assert "Stopped:" in shell.run(down)
    assert not any((shell.project / ".local").glob("*.json"))

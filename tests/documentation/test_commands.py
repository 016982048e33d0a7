"""Each shell command of a page is run by a test, or stands here with the reason why none runs it."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.documented_commands import SHELLS, blocks, commands, split
from tools.dev_stack.paths import ROOT
from tools.documentation.pages import pages

THREE_COMMANDS = "tests/examples/test_three_commands.py"
PULUMI = "tests/documentation/test_pulumi_commands.py::test_the_commands_on_a_stack_work_in_an_empty_project"
OPERATIONS = "tests/e2e/test_documented_operations.py::test_an_operator_ends_a_session_as_the_page_says"
RECOVERY = "tests/e2e/test_recovery.py"
ACCOUNT = (
    "it needs an AWS account and the official AWS plugin; tests/e2e/test_lifecycle.py does it on a local AWS"
)
LOCALSTACK = "it needs a LocalStack with a paid plan, and Docker"
SETUP = "`make test` runs it before the tests"
INSTALLED = f"{THREE_COMMANDS}::test_three_commands_deploy_an_echo_and_talk_to_it"
"""The fixture `installed` installs the same distributions with uv, from their wheels."""

RUN_BY = {
    "mkdir echo && cd echo": INSTALLED,
    "python3 -m venv venv && . venv/bin/activate": INSTALLED,
    "pip install <this repository>": INSTALLED,
    "pip install <this repository>/emulator": INSTALLED,
    "pip install <this repository> <this repository>/emulator": INSTALLED,
    "local-aws up": INSTALLED,
    'python -m websockets "$(. .local/env; pulumi stack output url)"': INSTALLED,
    "local-aws watch": f"{THREE_COMMANDS}::test_the_commands_of_local_aws_work_on_the_echo",
    "local-aws logs --follow": f"{THREE_COMMANDS}::test_the_commands_of_local_aws_work_on_the_echo",
    "local-aws test -- pytest": f"{THREE_COMMANDS}::test_the_commands_of_local_aws_work_on_the_echo",
    "local-aws status": f"{THREE_COMMANDS}::test_the_commands_of_local_aws_work_on_the_echo",
    "local-aws down": f"{THREE_COMMANDS}::test_the_commands_of_local_aws_work_on_the_echo",
    "make up": f"{RECOVERY}::test_a_second_up_changes_nothing",
    "make demo": f"{RECOVERY}::test_the_demo_prints_what_the_readme_shows",
    "pip wheel --no-deps --wheel-dir dist <this repository>": (
        "tests/package/test_wheel.py::test_pip_builds_the_same_wheel"
    ),
    "pulumi package add venv/bin/pulumi-resource-websocket_sessions": (
        "tests/examples/test_examples.py::test_echo_sends_a_message_back"
    ),
    "pulumi package add <this repository>/components": (
        "tests/examples/test_every_component.py::test_typescript_constructs_the_same_resources"
    ),
    "pulumi stack init dev": PULUMI,
    "pulumi config set aws:region eu-central-1": PULUMI,
    "pulumi config set websocket-sessions:maxListeners 1000": PULUMI,
    "source .local/env": INSTALLED,
    "pulumi config set websocket-sessions:deletionProtection false": PULUMI,
    "pulumi stack output frontendConfig --json": OPERATIONS,
}
"""The test that runs a command, with substitutions that the test states."""
RUN_BY_OPERATOR = {
    command
    for language, text in blocks(ROOT / "docs" / "operations.md")
    if "aws " in text or "websocket_sessions.operator" in text
    for command in split(language, text)
}
"""The commands that OPERATIONS runs: those of the blocks with calls to AWS or of the operator."""
NOT_RUN = {
    "pulumi package add https://<host>/<owner>/<repository>/components@<tag>": (
        "it needs a git server at the HTTPS port of a public name"
    ),
    "make setup": SETUP,
    "pulumi preview": ACCOUNT,
    "pulumi up": ACCOUNT,
    "pulumi destroy": ACCOUNT,
    "pulumi destroy --target '**::sessions-http-*-sessions-sessionid-route'": (
        "it is for a stack of a commit before 0.1.0"
    ),
    "make test-live STACK=dev": ACCOUNT,
    "make verify STACK=dev": ACCOUNT,
    "make verify STACK=dev OPTIONS=--destroy": ACCOUNT,
    "npm ci": SETUP,
    "npm --prefix <this repository>/web ci": SETUP,
    "npm run dev": "it serves until Ctrl-C; the browser tests serve the same pages from the build",
    "npm run preview": "it serves until Ctrl-C; `make check` builds what the browser tests serve",
    "npm run docs": "it writes pages that no check reads, from types that `npm run typecheck` checks",
    "npm run check": "`make test` runs its four scripts one by one",
    "npm pack <this repository>/web/client": "web/client/packageTests/consumers.test.ts packs it",
    "npm install ./websocket-sessions-0.1.0.tgz": "web/client/packageTests/consumers.test.ts installs it",
}
"""Why no Python test runs a command."""
NOT_RUN_PAGES = {"docs/localstack.md": LOCALSTACK}
"""Why no test runs a page's commands."""
PROGRAMS = re.compile(r"^\s*(\$ )?(aws|curl|local-aws|make|npm|pip|pulumi|python3?|source) ", re.MULTILINE)


def documented() -> list[tuple[str, str]]:
    """Return each command with its page."""
    return [(str(page.relative_to(ROOT)), command) for page in pages() for command in commands(page)]


def test_every_command_is_run_or_has_a_reason() -> None:
    known = {*RUN_BY, *RUN_BY_OPERATOR, *NOT_RUN}
    found = [item for item in documented() if item[0] not in NOT_RUN_PAGES]
    assert [(page, command) for page, command in found if command not in known] == []


def test_no_entry_is_about_a_command_that_no_page_has() -> None:
    commands_of_pages = {command for _, command in documented()}
    assert {*RUN_BY, *NOT_RUN} - commands_of_pages == set()
    assert RUN_BY.keys() & NOT_RUN.keys() == set()


@pytest.mark.parametrize("test", sorted(set(RUN_BY.values())))
def test_the_test_that_runs_a_command_exists(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in functions


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in pages()])
def test_a_block_with_commands_names_its_shell(page: str) -> None:
    unnamed = [text for language, text in blocks(ROOT / page) if language not in SHELLS]
    unnamed = [text for text in unnamed if PROGRAMS.search(text)]
    assert unnamed == []


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in pages()])
def test_a_command_in_a_sentence_exists(page: str) -> None:
    """Look at `make TARGET`, `local-aws COMMAND`, `python -m MODULE` and `npm run SCRIPT` in sentences."""
    text = (ROOT / page).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert module in {"venv", "websockets", "localstack.runtime.main"} or _module_exists(module), module


def _module_exists(module: str) -> bool:
    path = Path(*module.split("."))
    return any(
        (ROOT / root / path).with_suffix(".py").is_file() or (ROOT / root / path / "__main__.py").is_file()
        for root in (".", "components", "emulator")
    )

"""A backend without arguments is a whole one: its functions' code is built from the package's own sources."""

import os
from pathlib import Path

import pulumi
import pytest

from tests.components.deployed import deploy
from websocket_sessions import BackendOptions, SessionBackend, SessionBackendArgs
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.routes import functions_in_use

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def project_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's folder, with downloads that all tests share."""
    downloads = REPOSITORY / ".local" / "archives" / "wheels"
    downloads.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".websocket-sessions").mkdir()
    (tmp_path / ".websocket-sessions" / "wheels").symlink_to(downloads)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("EMULATOR_", "WEBSOCKET_SESSIONS_"))]:
        monkeypatch.delenv(name)


def test_a_backend_without_arguments_has_the_code_of_every_function() -> None:
    _, deployed = deploy(lambda opts: SessionBackend("live", opts=opts))
    code = {item.inputs["code"].path for item in deployed.of("Function")}
    assert len(code) == len(functions_in_use(record_heartbeats=False))
    assert all(path.startswith(".websocket-sessions/") and Path(path).is_file() for path in code)
    assert {item.inputs["runtime"] for item in deployed.of("Function")} == {"python3.13"}


def test_on_a_local_aws_the_functions_are_built_for_what_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_LAMBDA_RUNTIME", "python3.12")
    monkeypatch.setenv("EMULATOR_LAMBDA_ARCHITECTURE", "x86_64")
    _, deployed = deploy(lambda opts: SessionBackend("live", opts=opts))
    functions = deployed.of("Function")
    assert {item.inputs["runtime"] for item in functions} == {"python3.12"}
    assert {tuple(item.inputs["architectures"]) for item in functions} == {("x86_64",)}
    assert all("/python3.12-x86_64/" in item.inputs["code"].path for item in functions)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (BackendOptions(lambda_runtime="nodejs22.x"), r"lambdaRuntime is 'nodejs22\.x': allowed is"),
        (BackendOptions(lambda_runtime="python3.99"), r"Python 3\.99 is missing"),
    ],
)
def test_code_that_cannot_be_built_ends_the_program_in_one_line(
    options: BackendOptions, message: str
) -> None:
    with pytest.raises((ArgumentError, pulumi.RunError), match=message) as raised:
        deploy(lambda opts: SessionBackend("live", SessionBackendArgs(options=options), opts=opts))
    assert "\n" not in str(raised.value)

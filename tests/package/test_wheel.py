"""The wheel: what it holds, that it installs, type-checks and builds its own archives."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from tests.support.wheels import REPOSITORY, UV, build_wheel
from websocket_sessions import __version__

CONSUMER = """\
import pulumi

from websocket_sessions import (
    BackendOptions,
    SessionBackend,
    SessionBackendArgs,
    SessionSettings,
    WebSocketApi,
)

backend = SessionBackend(
    "live",
    SessionBackendArgs(
        settings=SessionSettings(max_listeners=200), options=BackendOptions(deletion_protection=False)
    ),
)
pulumi.export("webSocketUrl", backend.web_socket_api.url)
plain = SessionBackend("plain")
echo = WebSocketApi("echo", routes={"$default": "app/app.handler"}, stage_name=pulumi.Output.from_input("v1"))
pulumi.export("echo", echo.url)
pulumi.export("tables", plain.table_names)
"""


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_one_top_level_name(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert tops == {"websocket_sessions", f"websocket_sessions-{__version__}.dist-info"}


def test_the_wheel_holds_the_functions_and_their_pins_and_no_bytecode(wheel: Path) -> None:
    held = names(wheel)
    sources = {path.relative_to(REPOSITORY / "functions") for path in functions()}
    assert {f"websocket_sessions/_functions/{path.as_posix()}" for path in sources} <= held
    assert "websocket_sessions/_functions/requirements.txt" in held
    assert "websocket_sessions/py.typed" in held
    assert not [name for name in held if name.endswith(".pyc") or "__pycache__" in name]


def functions() -> list[Path]:
    return list((REPOSITORY / "functions").rglob("*.py"))


def test_the_metadata_names_licence_version_and_dependency_ranges(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"websocket_sessions-{__version__}.dist-info/METADATA").decode()
        assert f"websocket_sessions-{__version__}.dist-info/licenses/LICENSE" in archive.namelist()
    metadata = Parser().parsestr(text)
    assert (metadata["Name"], metadata["Version"]) == ("websocket-sessions", __version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    required = [item for item in metadata.get_all("Requires-Dist") or [] if "extra" not in item]
    assert required
    assert all(">=" in item and "<" in item for item in required)


def test_the_sdist_holds_what_the_wheel_is_built_from_and_nothing_else(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}
    assert tops <= {
        ".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "PROTOCOL.md", "README.md",
        "components", "functions", "pyproject.toml", "requirements",
    }  # fmt: skip


def test_a_consumer_passes_a_strict_type_check(consumer: Path, tmp_path: Path) -> None:
    assert diagnostics(CONSUMER, consumer, tmp_path) == []


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ('WebSocketApi("echo", routse={})', "reportCallIssue"),
        ('WebSocketApi("echo", throttle_rate="many")', "reportArgumentType"),
        ('WebSocketApi("echo", routes={"$default": 7})', "reportArgumentType"),
        ('HttpApi("pages", access_logs=Output.from_input(True))', "reportArgumentType"),
        ('LambdaHandler("worker", handler=7)', "reportArgumentType"),
        ('SessionBackend("live", user_pool="eu-central-1_Users")', "reportArgumentType"),
        ('Schedule("each-minute", ScheduleArgs(expression="rate(1 minute)"))', "reportCallIssue"),
    ],
)
def test_a_strict_type_check_finds_a_wrong_argument(
    call: str, rule: str, consumer: Path, tmp_path: Path
) -> None:
    names = "HttpApi, LambdaHandler, Schedule, ScheduleArgs, SessionBackend, WebSocketApi"
    program = f"from pulumi import Output\n\nfrom websocket_sessions import {names}\n\n"
    known = "print(Output, HttpApi, LambdaHandler, Schedule, ScheduleArgs, SessionBackend, WebSocketApi)\n"
    found = diagnostics(f"{program}{known}{call}\n", consumer, tmp_path)
    assert [(item["severity"], item["rule"]) for item in found] == [("error", rule)]


def diagnostics(program: str, consumer: Path, folder: Path) -> list[dict[str, Any]]:
    """Return what basedpyright says of a program that has the installed wheel alone."""
    (folder / "__main__.py").write_text(program)
    settings = {"typeCheckingMode": "strict", "include": ["."], "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [Path(sys.executable).parent / "basedpyright", "--pythonpath", consumer, "--outputjson"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["generalDiagnostics"]


def test_the_installed_package_builds_its_archives_from_its_own_data(consumer: Path, tmp_path: Path) -> None:
    command = [consumer, "-m", "websocket_sessions.archives", "build", "--no-bytecode"]
    done = subprocess.run(
        [*command, "--handler", "create_session"],
        cwd=tmp_path, env=os.environ | {"PATH": f"{UV.parent}:{os.defpath}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "archives" / "create_session.zip") as archive:
        assert "handlers/create_session.py" in archive.namelist()
    assert (tmp_path / ".websocket-sessions" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("module", ["websocket_sessions", "websocket_sessions.archives"])
def test_importing_the_package_does_not_load_the_aws_provider(consumer: Path, module: str) -> None:
    program = f"import sys, {module}; print('pulumi_aws' in sys.modules)"
    done = subprocess.run([consumer, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_is_importable_and_listed(consumer: Path) -> None:
    program = (
        "import websocket_sessions as package\n"
        "missing = [name for name in package.__all__ if not hasattr(package, name)]\n"
        "print(missing, sorted(package.__all__) == dir(package))\n"
    )
    done = subprocess.run([consumer, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_an_unknown_name_is_an_attribute_error(consumer: Path) -> None:
    done = subprocess.run(
        [consumer, "-c", "from websocket_sessions import Websocket"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    assert "cannot import name 'Websocket' from 'websocket_sessions'" in done.stderr


def test_pip_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", tmp_path, REPOSITORY], check=True)
    (built,) = tmp_path.glob("*.whl")
    assert names(built) == names(wheel)


@pytest.mark.parametrize("folder", [".", "emulator"])
def test_two_builds_give_the_same_bytes(folder: str, tmp_path: Path) -> None:
    """The second is built from a copy whose files are younger."""
    copy = tmp_path / "copy"
    tracked = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 -- the developer's git
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, tracked.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((REPOSITORY / name).read_bytes())
        (copy / name).chmod((REPOSITORY / name).stat().st_mode)
    (copy / ".git").mkdir()  # where hatchling stops to look for .gitignore
    built = [
        build_wheel(tree / folder, tmp_path / target) for tree, target in ((REPOSITORY, "one"), (copy, "two"))
    ]
    archives = [
        sorted(wheel.parent.glob("pulumi*" if folder == "emulator" else "websocket*")) for wheel in built
    ]
    assert [path.name for path in archives[0]] == [path.name for path in archives[1]] != []
    for one, two in zip(*archives, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name

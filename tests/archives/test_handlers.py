"""Each handler imports from its own archive alone: with boto3, as Lambda has it, and nothing of this tree."""

import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest

from tests.archives.conftest import REPOSITORY, REQUIREMENTS
from websocket_sessions.archives import Target, build

HANDLERS = sorted(
    path.stem
    for path in (REPOSITORY / "functions" / "handlers").glob("*.py")
    if "\ndef handler(" in path.read_text(encoding="utf-8")
)

SDK = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath")
"""What the runtime brings: the SDK with all that it requires, and `six.py`."""

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "CALLBACK_URL": "https://example.org/live",
    "FAN_OUT_QUEUE_URL": "https://example.org/queue",
    "JWKS_URL": "https://example.org/jwks.json",
    "TOKEN_ISSUER": "https://example.org",
    "TOKEN_AUDIENCE": "client",
    "ISSUER_KIND": "cognito",
    "DIGEST_KEY": "key of a stack",
    "SERVICE_NAME": "s",
    **{f"{name}_TABLE": "t" for name in
       ("SESSIONS", "CONNECTIONS", "LISTENERS", "MESSAGES", "REQUESTS", "LIMITS")},
}  # fmt: skip


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK and nothing else of our site-packages."""
    folder = tmp_path_factory.mktemp("runtime")
    packages = Path(boto3.__file__).parents[1]
    for name in (*SDK, "six.py"):
        (folder / name).symlink_to(packages / name)
    return folder


@pytest.fixture(scope="module")
def built(own_target: Target) -> dict[str, Path]:
    return build(
        REPOSITORY / "functions", HANDLERS, own_target, REPOSITORY / ".local" / "archives", REQUIREMENTS
    )


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_imports_from_its_own_archive(
    handler: str, built: dict[str, Path], runtime: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(built[handler]) as archive:
        archive.extractall(tmp_path)
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(runtime)!r}]\n"
        f"from handlers.{handler} import handler\n"
        "assert callable(handler)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_archive_holds_no_other_handler(handler: str, built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built[handler]) as archive:
        held = {Path(name).stem for name in archive.namelist() if name.startswith("handlers/")}
    assert held & set(HANDLERS) == {handler}


def test_only_what_verifies_tokens_carries_the_cryptography_library(built: dict[str, Path]) -> None:
    carriers = {
        name
        for name, path in built.items()
        if any(entry.startswith("cryptography/") for entry in zipfile.ZipFile(path).namelist())
    }
    assert carriers == {"authorize", "refresh_token"}

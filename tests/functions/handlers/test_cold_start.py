"""What a handler loads before its first request, in a fresh interpreter as Lambda's is."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
ENVIRONMENT = {
    "PYTHONPATH": str(FUNCTIONS),
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "CALLBACK_URL": "https://abcd123456.execute-api.us-east-1.amazonaws.com/prod",
    "FAN_OUT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/fan-out",
    "TOKEN_ISSUER": "https://issuer",
    "TOKEN_AUDIENCE": "client",
    "ISSUER_KIND": "cognito",
    "DIGEST_KEY": "key of a stack",
}
HANDLERS = sorted(
    path.stem
    for path in (FUNCTIONS / "handlers").glob("*.py")
    if "\nhandler" in path.read_text() or "\ndef handler" in path.read_text()
)
ROOMS = {path.stem for path in FUNCTIONS.iterdir()}
SLOW = {"email", "http.client", "urllib.request"}
"""Modules of the standard library that a cold start does without."""

CRYPTOGRAPHY = {"_cffi_backend", "_openssl", "cryptography"}
VERIFYING = {"authorize", "refresh_token"}


def loaded_by(handler: str, environment: Mapping[str, str] = ENVIRONMENT) -> set[str]:
    code = (
        f"import sys; early = {{*sys.modules}}; import handlers.{handler}; print(*{{*sys.modules}} - early)"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_loads_only_what_it_uses(handler: str) -> None:
    loaded = loaded_by(handler)
    packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - ROOMS
    assert packages == (CRYPTOGRAPHY if handler in VERIFYING else set())
    assert ("adapters.aws.client" in loaded) == (handler not in {"authorize", "unknown_action"})
    assert not SLOW & loaded
    if handler in {"connect", "disconnect", "create_session", "leave_session", "get_session"}:
        assert "adapters.management_api.sender" not in loaded


CHANNEL = {
    "CHANNEL_PUBLISH_URL": "https://x7.appsync-api.us-east-1.amazonaws.com/event",
    "CHANNEL_SUBSCRIBE_URL": "wss://x7.appsync-realtime-api.us-east-1.amazonaws.com/event/realtime",
}
CHANNEL_MODULES = {"adapters.appsync_events", "domain.channel", "fan_out.channel"}


@pytest.mark.parametrize("handler", sorted(set(HANDLERS) - {"authorize_channel"}))
def test_a_stack_without_a_channel_loads_nothing_of_it(handler: str) -> None:
    assert not CHANNEL_MODULES & loaded_by(handler)


@pytest.mark.parametrize(
    ("handler", "modules"),
    [
        ("publish", CHANNEL_MODULES),
        ("fan_out", CHANNEL_MODULES),
        ("end_session", CHANNEL_MODULES),
        ("join_session", {"domain.channel"}),
        ("get_session", set[str]()),
        ("connect", set[str]()),
    ],
)
def test_a_stack_with_a_channel_loads_what_the_handler_uses(handler: str, modules: set[str]) -> None:
    assert CHANNEL_MODULES & loaded_by(handler, ENVIRONMENT | CHANNEL) == modules

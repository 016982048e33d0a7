"""Test that the catalogue changes each property that the project sets, and that each change is detected."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest

from pulumi_local_aws.provider.diff import diff
from pulumi_local_aws.provider.registry import resource
from tests.components.deployed import Deployed, deploy
from tests.emulator.catalogue_whole import ALL
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.config.settings import SessionSettings
from websocket_sessions.routes import functions_in_use
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs
from websocket_sessions.static_site import StaticSite, StaticSiteArgs

# Properties that no program can change, and why.
UNCHANGING = {
    (
        "aws:apigatewayv2/routeResponse:RouteResponse",
        "routeResponseKey",
    ): "API Gateway takes `$default` alone",
    ("aws:cloudfront/originAccessControl:OriginAccessControl", "signingProtocol"): "there is `sigv4` alone",
}
EVERYTHING = (
    BackendOptions(
        access_logs=True,
        tracing=True,
        alarm_topic=True,
        self_sign_up=True,
        password_sign_in=True,
        allowed_origins=["https://a.example"],
        audience_channel="appSyncEvents",
    ),
    SessionSettings(
        record_heartbeats=True, hook_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:hook"
    ),
)
NOTHING = (
    BackendOptions(alarms=False, deletion_protection=False, point_in_time_recovery=False),
    SessionSettings(),
)


def _backend(options: BackendOptions, settings: SessionSettings) -> Deployed:
    names = functions_in_use(record_heartbeats=settings.record_heartbeats, has_channel=options.has_channel)
    archives: dict[str, pulumi.Archive] = {name: pulumi.AssetArchive({}) for name in names}
    args = SessionBackendArgs(archives=archives, options=options, settings=settings)
    return deploy(lambda opts: SessionBackend("sessions", args, opts=opts))[1]


def _site(folder: Path) -> Deployed:
    (folder / "index.html").write_text("")
    args = StaticSiteArgs(directory=str(folder), config={"region": "a"}, endpoints=["wss://a.example/live"])
    return deploy(lambda opts: StaticSite("site", args, opts=opts))[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    """Return the type and inputs of each resource of the program, with every option and with none."""
    parts = [_backend(*EVERYTHING), _backend(*NOTHING), _site(tmp_path_factory.mktemp("pages"))]
    return [
        (kind, {name: value for name, value in inputs.items() if value is not None})
        for part in parts
        for (kind, _), inputs in part.inputs.items()
        if kind.startswith("aws:")
    ]


def test_each_property_that_the_program_sets_has_a_change(made: list[tuple[str, dict[str, Any]]]) -> None:
    changed = {(case.type, name) for case in ALL.values() for name in [*case.updates, *case.replaces]}
    given = {(kind, name) for kind, inputs in made for name in inputs}
    assert given - changed == set(UNCHANGING)


def test_a_change_of_each_value_that_the_program_sets_is_detected(
    made: list[tuple[str, dict[str, Any]]],
) -> None:
    for kind, inputs in made:
        known = resource(kind)
        for name, value in inputs.items():
            for path, other in _others(value, name):
                changes = diff(known, inputs, {**inputs, name: other}, {})
                assert list(changes.properties) == [name], (kind, path)
                assert changes.replaces == ([name] if known.table[name].replace else []), (kind, path)


def _others(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each nested value's path and the whole value with it changed, except code and assets."""
    if isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            for where, other in _others(item, f"{path}.{name}"):
                yield where, {**value, name: other}
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        for index, item in enumerate(items):
            for where, other in _others(item, f"{path}[{index}]"):
                yield where, [*items[:index], other, *items[index + 1 :]]
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int | float):
        yield path, value + 1
    elif isinstance(value, str):
        yield path, f"{value}-changed"

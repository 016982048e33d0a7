"""Settings: their ranges, and how a stack's config becomes them."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from tests.components.deployed import PROJECT, deploy
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.prices import QUOTAS
from websocket_sessions.config.settings import (
    IDLE_LIMIT,
    RUN_INTERVAL_SECONDS,
    RUN_SECONDS,
    RateLimits,
    SessionSettings,
)
from websocket_sessions.config.stack_config import StackConfig, read_config
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.route_targets import Throttle


def config_of(**values: object) -> StackConfig:
    return config_of_project(PROJECT, PROJECT, values)


def config_of_project(project: str, namespace: str, values: Mapping[str, object]) -> StackConfig:
    given = {
        f"{namespace}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    return deploy(lambda _: read_config(), given, project=project)[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"idle_ping": 421}, "idlePing is 421: allowed is 30 to 420 .*idle limit is 600 s.* 120 s apart"),
        (
            {"connection_lifetime": 8000},
            "connectionLifetime is 8000: .*cuts every connection after two hours",
        ),
        (
            {"refresh_lead": 3600, "connection_lifetime": 3600},
            "refreshLead is 3600: allowed is less than connectionLifetime, 3600",
        ),
        (
            {"refresh_lead": 120, "refresh_jitter": 90},
            "refreshJitter is 90: .*60 s less than refreshLead, 120",
        ),
        (
            {"max_listeners": 5000},
            "maxListeners is 5000: allowed is up to 10 shards of listenersPerShard, 100",
        ),
        ({"supported_languages": []}, "supportedLanguages is .*at least one"),
        ({"supported_languages": ["english"]}, "supportedLanguages is .*ISO 639-1"),
        ({"replay_page": 0}, "replayPage is 0: allowed is 1 to 500"),
        ({"session_lifetime": 2592001}, "sessionLifetime is 2592001: allowed is 60 to 2592000$"),
        ({"coalescing_interval": 11}, "coalescingInterval is 11: .*a minute of silence"),
        ({"hook_timeout": 25}, "hookTimeout is 25: .*29 s"),
        ({"hook_function_arn": "translate"}, "hookFunctionArn is 'translate': allowed is the ARN"),
        ({"hook_function_arn": "foo:lambda:"}, "hookFunctionArn is 'foo:lambda:': allowed is the ARN"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_the_reason(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        SessionSettings(**values)


def test_pings_leave_room_for_late_slow_and_skipped_runs() -> None:
    """EventBridge Scheduler may start a run up to 60 s late, and a run may take its function's timeout."""
    default = SessionSettings().idle_ping
    assert FUNCTION_SPECS["keep_alive"].timeout <= RUN_SECONDS
    assert default + 3 * RUN_INTERVAL_SECONDS + RUN_SECONDS <= IDLE_LIMIT
    highest = IDLE_LIMIT - 2 * RUN_INTERVAL_SECONDS - RUN_SECONDS
    assert SessionSettings(idle_ping=highest).idle_ping == highest


def test_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"limits\.joinsPerMinute is 0"):
        RateLimits(joins_per_minute=0)


def test_a_stack_that_sets_nothing_has_the_defaults() -> None:
    config = config_of()
    assert config.settings == SessionSettings()
    assert (config.options.deletion_protection, config.site, config.load) == (True, False, None)


def test_what_a_stack_sets_is_read_by_its_type() -> None:
    config = config_of(
        idlePing=300,
        hookTimeout=1.5,
        allowAnonymous=False,
        supportedLanguages=["en"],
        limits={"enabled": False},
        logLevel="DEBUG",
        allowedOrigins=["https://example.org"],
        site=True,
        load={"sessions": 1},
    )
    assert config.settings == SessionSettings(
        idle_ping=300,
        hook_timeout=1.5,
        allow_anonymous=False,
        supported_languages=["en"],
        limits=RateLimits(enabled=False),
    )
    assert (config.options.log_level, config.options.allowed_origins) == ("DEBUG", ["https://example.org"])
    assert (config.site, config.load) == (True, {"sessions": 1})


@pytest.mark.parametrize("values", [{"idlePng": 300}, {"limits": {"joins": 3}}])
def test_a_key_that_is_not_known_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(
        ArgumentError, match=r"websocket-sessions:(idlePng|limits\.joins) is an unknown setting: known are"
    ):
        config_of(**values)


def test_settings_keep_their_namespace_when_the_project_is_renamed() -> None:
    assert config_of_project("our-broadcast", PROJECT, {"idlePing": 300}).settings.idle_ping == 300


def test_a_setting_under_the_projects_own_name_stops_the_preview() -> None:
    with pytest.raises(
        ArgumentError,
        match=r"^our-broadcast:idlePing is ignored: settings are read from websocket-sessions:idlePing$",
    ):
        config_of_project("our-broadcast", "our-broadcast", {"idlePing": 300})


def test_a_key_of_a_renamed_projects_own_is_left_to_it() -> None:
    assert config_of_project("our-broadcast", "our-broadcast", {"domain": "x"}).site is False


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("idlePing", "soon", "a whole number"),
        ("hookTimeout", "long", "a number"),
        ("allowAnonymous", "maybe", "true or false"),
        ("supportedLanguages", "en", "a list"),
        ("limits", "[]", "a mapping"),
        ("site", "maybe", "true or false"),
        ("load", "[]", "a mapping"),
    ],
)
def test_a_value_of_another_type_is_refused_in_one_line(key: str, value: str, allowed: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        config_of(**{key: value})
    assert str(raised.value).startswith(f"websocket-sessions:{key} is ")
    assert str(raised.value).endswith(f": allowed is {allowed}")


@pytest.mark.parametrize("limits", [{"joinsPerMinute": "many"}, {"enabled": "yes"}])
def test_a_value_of_another_type_in_a_mapping_is_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=r"limits\.(joinsPerMinute|enabled) is '(many|yes)': allowed is"):
        config_of(limits=limits)


def test_throttles_of_routes_are_read() -> None:
    config = config_of(routeThrottles={"publish": {"rate": 0.5e3, "burst": 50}})
    assert config.options.route_throttles == {"publish": Throttle(rate=500.0, burst=50)}


@pytest.mark.parametrize(
    ("throttles", "message"),
    [
        ({"publsh": {"rate": 1, "burst": 1}}, "routeThrottles is 'publsh': allowed is .*publish, .*sessions"),
        ({"publish": {"rate": 1}}, r"sessions:routeThrottles\.publish\.burst is missing"),
        ({"publish": {"rate": 1, "brust": 1, "burst": 1}}, r"routeThrottles\.publish\.brust is an unknown"),
        ({"publish": {"rate": "many", "burst": 1}}, r"publish\.rate is 'many': allowed is a number"),
        (
            {"publish": {"rate": 0, "burst": 1}},
            r"sessions:routeThrottles\.publish\.rate is 0: allowed is 1 to",
        ),
        ({"publish": 5}, r"routeThrottles\.publish is 5: allowed is a mapping"),
    ],
)
def test_a_throttle_that_is_not_allowed_is_refused_by_its_key(
    throttles: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        config_of(routeThrottles=throttles)


def test_a_config_error_ends_the_program_without_a_traceback() -> None:
    """Pulumi shows a RunError's message alone."""
    assert issubclass(ArgumentError, pulumi.RunError)


def test_a_new_accounts_quota_leaves_nothing_to_reserve() -> None:
    assert config_of().options.reserved == {}
    assert config_of(accountConcurrency=199).options.reserved == {}


def test_a_raised_quota_reserves_shares_and_leaves_the_most_to_joins() -> None:
    config = config_of(raisedQuotas={"lambdaConcurrency": 1000})
    assert config.options.reserved == {"publish": 250, "disconnect": 100, "keep_alive": 50}
    assert config_of(accountConcurrency=400).options.reserved["publish"] == 100


def test_a_stack_names_its_reservations_itself() -> None:
    wanted = {"publish": 30}
    assert config_of(accountConcurrency=200, reservedConcurrency=wanted).options.reserved == wanted
    assert config_of(accountConcurrency=1000, reservedConcurrency={}).options.reserved == {}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reservedConcurrency": {"publish": 1}}, "allowed is up to 0 in sum: .* accountConcurrency, 10"),
        (
            {"accountConcurrency": 200, "reservedConcurrency": {"publish": 90, "disconnect": 11}},
            "allowed is up to 100 in sum",
        ),
        ({"reservedConcurrency": {"publsh": 1}}, "reservedConcurrency is 'publsh': allowed is"),
        ({"reservedConcurrency": {"publish": 0}}, r"reservedConcurrency\.publish is 0"),
    ],
)
def test_a_reservation_that_lambda_refuses_stops_the_preview(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        config_of(**values)


def test_one_speaker_with_the_default_limits_leaves_half_of_the_accounts_pushes() -> None:
    settings = SessionSettings()
    pushes_a_second = settings.max_listeners * settings.limits.messages_per_minute / 60
    assert pushes_a_second <= QUOTAS["requestsPerSecond"].limit / 2

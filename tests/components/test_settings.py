"""Settings: their ranges, and how a stack's config becomes them."""

import json
from typing import Any

import pulumi
import pytest

from tests.components.deployed import PROJECT, deploy
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.config.settings import RateLimits, SessionSettings
from websocket_sessions.config.stack_config import StackConfig, read_config


def config_of(**values: object) -> StackConfig:
    given = {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    return deploy(lambda _: read_config(pulumi.Config(PROJECT)), given)[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"idle_ping": 700}, "idlePing is 700: allowed is 30 to 520 .*idle limit is 600 s"),
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
        ({"hook_timeout": 25}, "hookTimeout is 25: .*29 s"),
        ({"hook_function_arn": "translate"}, "hookFunctionArn is 'translate': allowed is the ARN"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_the_reason(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        SessionSettings(**values)


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
        ArgumentError, match=r"(idlePng|limits\.joins) is no setting of this project: known are"
    ):
        config_of(**values)


def test_a_local_cognito_moves_with_the_endpoint_that_the_sdks_are_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9999")
    assert (
        config_of(cognitoEndpoint="http://localhost:4566").options.cognito_endpoint == "http://127.0.0.1:9999"
    )
    assert config_of().options.cognito_endpoint is None

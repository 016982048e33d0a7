"""The operator's settings, which the functions read from the environment variable SETTINGS (JSON).

components/websocket_sessions/config/settings.py has the same keys and defaults (a test compares them), and
checks the ranges before a deployment. Durations are in seconds.
"""

import json
from dataclasses import dataclass, field, fields
from typing import Any, Self

MAX_SHARDS = 10
"""Listener shards of a session. It bounds the items of the transaction that creates one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Rate limits. Messages are a session's publishes; requests are all other messages of a connection.

    None stands for a number that follows from `max_listeners` (domain/rate_limits.py).
    """

    enabled: bool = True
    sessions_per_hour: int = 20
    joins_per_minute: int | None = None
    connects_per_minute: int | None = None
    failed_lookups_per_minute: int = 10
    messages_per_minute: int = 600
    requests_per_minute: int = 120
    replays_per_listener: int = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The stack's `sessionSettings`."""

    supported_languages: tuple[str, ...] = ("en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar")
    max_listeners: int = 500
    session_lifetime: int = 86400
    speaker_grace: int = 300
    idle_ping: int = 360
    connection_lifetime: int = 7200
    unattached_lifetime: int = 900
    refresh_lead: int = 600
    refresh_jitter: int = 120
    token_notice: int = 120
    ended_retention: int = 3600
    log_max_age: int = 3600
    log_max_count: int = 1000
    replay_page: int = 100
    allow_anonymous: bool = True
    long_session_ids: bool = False
    direct_fan_out: int = 100
    listeners_per_shard: int = 100
    coalescing_interval: int = 0
    coalescing_audience: int = 100
    channel_audience: int = 100
    limits: Limits = field(default_factory=Limits)
    record_heartbeats: bool = False
    hook_function_arn: str | None = None
    hook_timeout: float = 2.0
    hook_failure: str = "pass"
    """For a message whose hook fails: "pass" sends it unchanged, "refuse" replies UNAVAILABLE."""

    @property
    def shards(self) -> int:
        """Number of listener shards of a new session."""
        return max(1, min(MAX_SHARDS, -(-self.max_listeners // self.listeners_per_shard)))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the settings of a JSON object. Missing keys have their defaults.

        Raises ValueError for an unknown key, so that a misspelt one is noticed.
        """
        values = _to_fields(cls, json.loads(text))
        if "limits" in values:
            values["limits"] = Limits(**_to_fields(Limits, values["limits"]))
        if "supported_languages" in values:
            values["supported_languages"] = tuple(values["supported_languages"])
        return cls(**values)


def _to_fields(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    names = {_camel_case(entry.name): entry.name for entry in fields(kind)}
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ValueError(
            f"SETTINGS has the unknown keys {', '.join(unknown)}; allowed are {', '.join(names)}"
        )
    return {names[key]: value for key, value in values.items()}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)

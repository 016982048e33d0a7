"""What an operator can set of the sessions: keys, defaults, units, ranges and their reasons.

The functions read the same keys with the same defaults (functions/domain/settings.py, which knows nothing
of this file); a test compares the two. Durations are in seconds.
"""

import json
import re
from dataclasses import asdict, field

from pulumi import Input

from websocket_sessions.arguments import arguments, camel_case, check, check_choice, check_range, check_rule
from websocket_sessions.plain_arguments import CHECKED_AS_SETTING, DECIDES_RESOURCES, plain_because

IDLE_LIMIT = 600
"""API Gateway cuts a WebSocket connection after 10 idle minutes, and after two hours in any case; neither is
adjustable (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
DURATION_LIMIT = 7200
RUN_INTERVAL_SECONDS = 60
"""Between two runs of the keep-alive. EventBridge Scheduler may start a run that much later."""
RUN_SECONDS = 60
"""The longest time of a run, its function's timeout included (permissions.py)."""
HANDOVER_TIME = 60
"""Seconds between the last request to hand over and the cut."""

_DAY = 86400
MAX_SHARDS = 10
"""Listener shards of a session, as in the functions (functions/domain/settings.py)."""
_FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?"
)


@arguments(plain_because=CHECKED_AS_SETTING)
class RateLimits:
    """Maximum numbers of requests. The server answers further ones with RATE_LIMITED."""

    enabled: bool = True
    """Whether the limits apply."""
    sessions_per_hour: int = 20
    """Sessions that one user may create."""
    joins_per_minute: int | None = None
    """Joins from one address, and as many subscriptions to the audience's channel. The default is two for
    each of `maxListeners`, and 60 more."""
    connects_per_minute: int | None = None
    """Connections from one address. The default is two for each of `maxListeners`, and 120 more."""
    failed_lookups_per_minute: int = 10
    """Sessions that do not exist, which one address or user may look up or try to join. At the start of each
    hour, one for every ten of `maxListeners` is allowed besides."""
    messages_per_minute: int = 600
    """Messages published to one session."""
    requests_per_minute: int = 120
    """All other requests of one connection, and of one user over HTTP. All anonymous requests of one address
    together have two for each of `maxListeners` besides."""
    replays_per_listener: int = 480
    """Messages that an hour replays to one address or user, for each of `maxListeners`. Half of them may come
    at once."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, value in asdict(self).items():
            if name != "enabled" and value is not None:
                check_range(f"limits.{camel_case(name)}", value, 1, 1_000_000)


def _languages() -> list[str]:
    return ["en", "es", "fr", "de", "it", "pt", "ja", "zh", "ko", "ar"]


@arguments(plain_because=CHECKED_AS_SETTING)
class SessionSettings:
    """The behaviour of sessions and connections."""

    supported_languages: list[str] = field(default_factory=_languages)
    """ISO 639-1 codes that speakers and listeners can use."""
    max_listeners: int = 500
    """Maximum number of listeners of a session."""
    session_lifetime: int = _DAY
    """Seconds from a session's creation to its end."""
    speaker_grace: int = 300
    """Seconds that a session waits for its speaker to resume."""
    idle_ping: int = 360
    """Seconds without a message after which a connection receives `keepAlive`. The default leaves room for
    one skipped run of the keep-alive."""
    connection_lifetime: int = DURATION_LIMIT
    """Seconds after which API Gateway closes a connection."""
    unattached_lifetime: int = 900
    """Seconds after which a connection that is attached to no session is disconnected."""
    refresh_lead: int = 600
    """Seconds before that time at which a connection is asked to hand over."""
    refresh_jitter: int = 120
    """Maximum random delay of that request in seconds, which spreads the handovers."""
    token_notice: int = 120
    """Seconds before a token expires at which its connection is notified."""
    ended_retention: int = 3600
    """Seconds for which the reply for an ended session is SESSION_ENDED."""
    log_max_age: int = 3600
    """Seconds for which a message can be replayed."""
    log_max_count: int = 1000
    """Maximum number of messages of a session that can be replayed."""
    replay_page: int = 100
    """Maximum number of messages that one join replays."""
    allow_anonymous: bool = field(default=True, metadata=plain_because(DECIDES_RESOURCES))
    """Whether listeners may join without signing in."""
    long_session_ids: bool = False
    """Whether the ids of new sessions end in 16 random characters. Then only those who have a session's link
    can find it, and nobody can say its id aloud."""
    direct_fan_out: int = 100
    """Listeners that the publishing function pushes to itself. Further ones are served through the queue."""
    listeners_per_shard: int = 100
    """Listeners that one task of the fan-out queue serves. One invocation processes up to ten tasks."""
    coalescing_interval: int = 0
    """Seconds for which messages to a large audience wait, to be pushed together. 0 pushes each at once."""
    coalescing_audience: int = 100
    """Listeners beyond which the messages of a session wait, from then on to its end. The figure is rounded
    up to whole shards, which have `listenersPerShard` listeners at most. 0 counts every session as large."""
    channel_audience: int = 100
    """Listeners beyond which a session's listeners are offered the audience's channel, in a stack that has
    one. The figure is rounded up as that of `coalescingAudience`."""
    limits: RateLimits = field(default_factory=RateLimits)
    """Rate limits."""
    record_heartbeats: bool = field(default=False, metadata=plain_because(DECIDES_RESOURCES))
    """Whether a function records heartbeats. Otherwise API Gateway answers them alone."""
    hook_function_arn: Input[str] | None = None
    """The ARN of a function that processes each message before it is pushed."""
    hook_timeout: float = 2.0
    """Maximum duration of the hook in seconds."""
    hook_failure: str = "pass"
    """What happens to a message if the hook fails: `pass` publishes it unchanged, `refuse` rejects it with
    UNAVAILABLE."""

    def __post_init__(self) -> None:
        """Check the ranges, each with its reason where it has one."""
        for name, (low, high, reason) in RANGES.items():
            check_range(camel_case(name), getattr(self, name), low, high, reason)
        check_choice("hookFailure", self.hook_failure, ("pass", "refuse"))
        languages = self.supported_languages
        check(
            "supportedLanguages",
            languages,
            "allowed are ISO 639-1 codes such as en, at least one",
            when=bool(languages) and all(re.fullmatch("[a-z]{2}", code) for code in languages),
        )
        check(
            "refreshLead",
            self.refresh_lead,
            f"allowed is less than connectionLifetime, {self.connection_lifetime}",
            when=self.refresh_lead < self.connection_lifetime,
        )
        check(
            "refreshJitter",
            self.refresh_jitter,
            f"allowed is up to {HANDOVER_TIME} s less than refreshLead, {self.refresh_lead}: "
            "the keep-alive runs each minute, and the client needs time to hand over",
            when=self.refresh_lead - self.refresh_jitter >= HANDOVER_TIME,
        )
        check(
            "maxListeners",
            self.max_listeners,
            f"allowed is up to {MAX_SHARDS} shards of listenersPerShard, {self.listeners_per_shard}",
            when=self.max_listeners <= MAX_SHARDS * self.listeners_per_shard,
        )
        check_rule(
            "hookFunctionArn",
            self.hook_function_arn,
            "allowed is the ARN of a Lambda function",
            lambda arn: arn is None or _FUNCTION_ARN.fullmatch(arn) is not None,
        )

    def to_json(self) -> str:
        """Return what the functions get as SETTINGS."""
        values = {camel_case(name): value for name, value in asdict(self).items()}
        values["limits"] = {camel_case(name): value for name, value in values["limits"].items()}
        return json.dumps(values, sort_keys=True, separators=(",", ":"))


RANGES: dict[str, tuple[float, float, str]] = {
    "max_listeners": (1, 10_000, ""),
    "session_lifetime": (60, 30 * _DAY, ""),
    "speaker_grace": (10, _DAY, ""),
    "idle_ping": (
        30,
        IDLE_LIMIT - 2 * RUN_INTERVAL_SECONDS - RUN_SECONDS,
        (
            f"API Gateway's idle limit is {IDLE_LIMIT} s, two runs of the keep-alive are up to "
            f"{2 * RUN_INTERVAL_SECONDS} s apart, and a run takes up to {RUN_SECONDS} s"
        ),
    ),
    "connection_lifetime": (300, DURATION_LIMIT, "API Gateway cuts every connection after two hours"),
    "unattached_lifetime": (60, DURATION_LIMIT, ""),
    "refresh_lead": (HANDOVER_TIME, 3600, ""),
    "refresh_jitter": (0, 1800, ""),
    "token_notice": (60, 1800, "the keep-alive runs each minute"),
    "ended_retention": (0, 7 * _DAY, ""),
    "log_max_age": (60, 7 * _DAY, ""),
    "log_max_count": (1, 100_000, ""),
    "replay_page": (1, 500, "a join must answer within API Gateway's 29 s"),
    "direct_fan_out": (0, 1000, ""),
    "listeners_per_shard": (10, 1000, ""),
    "coalescing_interval": (0, 10, "a listener asks for missed messages after a minute of silence"),
    "coalescing_audience": (0, 10_000, ""),
    "channel_audience": (0, 10_000, ""),
    "hook_timeout": (
        0.1,
        10,
        "a publish must answer within API Gateway's 29 s, and pushes may take 16 of them",
    ),
}
"""The least and the greatest value of each number, with the reason where there is one."""

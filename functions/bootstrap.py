"""Joins the domain to its adapters, from the environment, for each handler only what it needs.

Each function makes one of the domain's operations, or what operations share. Handlers call theirs once, when
they are imported. Adapters are imported inside the functions, so that a handler's archive and its cold start
carry nothing that it does not use.
"""

# ruff: noqa: PLC0415

import os
import time
from typing import TYPE_CHECKING

from adapters.telemetry import LOG, METRICS, EmfMetrics, JsonLog, failure_fields
from sessions.settings import Settings

if TYPE_CHECKING:
    from adapters.limits import DynamoRateLimits
    from adapters.sender import BlockingSender
    from sessions.connect import Connect
    from sessions.create_session import CreateSession
    from sessions.disconnect import Disconnect
    from sessions.fan_out import FanOut
    from sessions.hook import Processing
    from sessions.join_session import JoinSession
    from sessions.ports import Replayer
    from sessions.presence import Presence
    from sessions.publish import Publish

__all__ = ["failure_fields"]


def clock() -> int:
    """Epoch seconds."""
    return int(time.time())


def settings() -> Settings:
    """The stack's settings, from SETTINGS."""
    return Settings.from_json(os.environ.get("SETTINGS", "{}"))


def log() -> JsonLog:
    """The log of this function."""
    return LOG


def metrics() -> EmfMetrics:
    """The counters of this function."""
    return METRICS


def rate_limits() -> "DynamoRateLimits":
    """The limits, which all writes of one function share."""
    from adapters.limits import DynamoRateLimits

    return DynamoRateLimits(LOG, METRICS)


def connect() -> "Connect":
    """For `$connect`."""
    from adapters.connections import DynamoConnections
    from sessions.connect import Connect

    return Connect(
        connections=DynamoConnections(rate_limits()), settings=settings(), metrics=METRICS, clock=clock
    )


def disconnect() -> "Disconnect":
    """For `$disconnect`, and for whatever finds a connection gone."""
    from adapters.connections import DynamoConnections
    from sessions.disconnect import Disconnect

    return Disconnect(
        connections=DynamoConnections(rate_limits()), settings=settings(), metrics=METRICS, clock=clock
    )


def create_session() -> "CreateSession":
    """For createSession and POST /sessions."""
    from adapters.listeners import DynamoListeners
    from adapters.sessions import DynamoSessions
    from sessions.create_session import CreateSession

    limits = rate_limits()
    return CreateSession(
        sessions=DynamoSessions(limits),
        listeners=DynamoListeners(limits),
        settings=settings(),
        metrics=METRICS,
        clock=clock,
    )


def join_session() -> "JoinSession":
    """For joinSession."""
    from adapters.listeners import DynamoListeners
    from adapters.sessions import DynamoSessions
    from sessions.join_session import JoinSession

    limits = rate_limits()
    return JoinSession(
        sessions=DynamoSessions(limits),
        listeners=DynamoListeners(limits),
        rate_limits=limits,
        replayer=replayer(),
        settings=settings(),
        metrics=METRICS,
        clock=clock,
    )


def pusher() -> "BlockingSender":
    """Pushes to connections through CALLBACK_URL, with the function's own key pair."""
    from adapters.sender import BlockingSender, Sender
    from adapters.signing import Credentials

    def credentials() -> Credentials:
        env = os.environ
        return Credentials(
            access_key=env["AWS_ACCESS_KEY_ID"],
            secret_key=env["AWS_SECRET_ACCESS_KEY"],
            token=env.get("AWS_SESSION_TOKEN"),
        )

    url, region = os.environ["CALLBACK_URL"], os.environ["AWS_REGION"]
    return BlockingSender(lambda: Sender(url, region=region, credentials=credentials))


def replayer() -> "Replayer":
    """Recovers what a connection missed."""
    from adapters.messages import DynamoMessageLog
    from sessions.replay import LogReplayer

    own = settings()
    return LogReplayer(
        log=DynamoMessageLog(max_age=own.log_max_age), pusher=pusher(), settings=own, clock=clock
    )


def fan_out() -> "FanOut":
    """Sends a session's messages and events to its listeners."""
    from adapters.fan_out_queue import SqsShardQueue
    from adapters.listeners import DynamoListeners
    from adapters.messages import DynamoMessageLog
    from sessions.fan_out import FanOut

    own = settings()
    return FanOut(
        listeners=DynamoListeners(rate_limits()),
        departed=disconnect(),
        log=DynamoMessageLog(max_age=own.log_max_age),
        pusher=pusher(),
        queue=SqsShardQueue(),
        settings=own,
        journal=LOG,
        metrics=METRICS,
    )


def publish() -> "Publish":
    """For publish."""
    from adapters.connections import DynamoConnections
    from adapters.messages import DynamoMessageLog
    from adapters.sessions import DynamoSessions
    from sessions.publish import Publish

    limits, own = rate_limits(), settings()
    return Publish(
        sessions=DynamoSessions(limits),
        connections=DynamoConnections(limits),
        log=DynamoMessageLog(max_age=own.log_max_age),
        fan_out=fan_out(),
        processing=processing(own),
        settings=own,
        clock=clock,
    )


def processing(own: Settings) -> "Processing":
    """What the owner's hook makes of messages, if the stack names one."""
    from adapters.hook import LambdaHook
    from sessions.hook import Processing

    arn = own.hook_function_arn
    hook = LambdaHook(arn, timeout=own.hook_timeout) if arn else None
    return Processing(hook=hook, settings=own, journal=LOG, metrics=METRICS)


def presence() -> "Presence":
    """For the listeners table's stream."""
    from adapters.listeners import DynamoListeners
    from adapters.sessions import DynamoSessions
    from sessions.presence import Presence

    limits = rate_limits()
    return Presence(
        sessions=DynamoSessions(limits), listeners=DynamoListeners(limits), pusher=pusher(), clock=clock
    )

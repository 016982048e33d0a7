"""Operations that send something to connections."""

# ruff: noqa: PLC0415

import os
from typing import TYPE_CHECKING

from bootstrap import clock, log, metrics, rate_limits, settings
from bootstrap.connections import departed

if TYPE_CHECKING:
    from adapters.fan_out_queue import SqsShardQueue
    from adapters.sender import BlockingSender
    from sessions.audience import Together
    from sessions.clear_away import ClearAway
    from sessions.fan_out import FanOut
    from sessions.hook import Processing
    from sessions.ports import Replayer
    from sessions.presence import Presence
    from sessions.publish import Publish
    from sessions.serve_shards import ServeShards
    from sessions.settings import Settings


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
    from adapters.listeners import DynamoListeners
    from sessions.fan_out import FanOut

    return FanOut(
        listeners=DynamoListeners(rate_limits()),
        pusher=pusher(),
        queue=shard_queue(),
        clear_away=clear_away(),
        settings=settings(),
        journal=log(),
        metrics=metrics(),
        together=together(),
    )


def serve_shards() -> "ServeShards":
    """For the fan-out queue."""
    from adapters.listeners import DynamoListeners
    from adapters.messages import DynamoMessageLog
    from sessions.serve_shards import ServeShards

    return ServeShards(
        listeners=DynamoListeners(rate_limits()),
        log=DynamoMessageLog(max_age=settings().log_max_age),
        pusher=pusher(),
        queue=shard_queue(),
        clear_away=clear_away(),
        metrics=metrics(),
        together=together(),
    )


def shard_queue() -> "SqsShardQueue":
    """The fan-out queue."""
    from adapters.fan_out_queue import SqsShardQueue

    return SqsShardQueue()


def clear_away() -> "ClearAway":
    """Removes listeners that a push found gone."""
    from adapters.dynamodb import HASTY_TRIES
    from adapters.listeners import DynamoListeners
    from sessions.clear_away import ClearAway

    return ClearAway(
        departed=departed(closing_tries=HASTY_TRIES),
        listeners=DynamoListeners(rate_limits()),
        journal=log(),
    )


def together() -> "Together":
    """Reads all shards of a session at once; the threads begin with the first read and are kept."""
    from concurrent.futures import ThreadPoolExecutor

    from sessions.settings import MAX_SHARDS

    return ThreadPoolExecutor(MAX_SHARDS).map


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


def processing(own: "Settings") -> "Processing":
    """What the owner's hook makes of messages, if the stack names one."""
    from adapters.hook import LambdaHook
    from sessions.hook import Processing

    arn = own.hook_function_arn
    hook = LambdaHook(arn, timeout=own.hook_timeout) if arn else None
    return Processing(hook=hook, settings=own, journal=log(), metrics=metrics())


def presence() -> "Presence":
    """For the listeners table's stream."""
    from adapters.listeners import DynamoListeners
    from adapters.sessions import DynamoSessions
    from sessions.presence import Presence

    limits = rate_limits()
    return Presence(
        sessions=DynamoSessions(limits), listeners=DynamoListeners(limits), pusher=pusher(), clock=clock
    )

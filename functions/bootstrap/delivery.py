"""Operations that send something to connections."""

# ruff: noqa: PLC0415

import os
from typing import TYPE_CHECKING

from bootstrap import clock, log, metrics, rate_limits, settings
from bootstrap.connections import departed

if TYPE_CHECKING:
    from adapters.fan_out_queue import SqsShardQueue
    from adapters.management_api.sender import BlockingSender
    from domain.ports import Replayer
    from domain.settings import Settings
    from fan_out.consumer import ServeShards
    from fan_out.fan_out import FanOut
    from fan_out.listeners import Together
    from fan_out.prune_listeners import ClearAway
    from use_cases.hook import Processing
    from use_cases.presence import Presence
    from use_cases.publish import Publish


def pusher() -> "BlockingSender":
    """Pushes to connections through CALLBACK_URL, with the function's own key pair."""
    from adapters.management_api.sender import BlockingSender, Sender
    from adapters.management_api.sigv4 import Credentials

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
    from adapters.dynamodb.message_log import DynamoMessageLog
    from use_cases.replay import LogReplayer

    own = settings()
    return LogReplayer(
        log=DynamoMessageLog(max_age=own.log_max_age), pusher=pusher(), settings=own, clock=clock
    )


def fan_out() -> "FanOut":
    """Sends a session's messages and events to its listeners."""
    from adapters.dynamodb.listener_store import DynamoListeners
    from fan_out.fan_out import FanOut

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
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.message_log import DynamoMessageLog
    from fan_out.consumer import ServeShards

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
    from adapters.dynamodb.client import HASTY_TRIES
    from adapters.dynamodb.listener_store import DynamoListeners
    from fan_out.prune_listeners import ClearAway

    return ClearAway(
        departed=departed(closing_tries=HASTY_TRIES),
        listeners=DynamoListeners(rate_limits()),
        journal=log(),
    )


def together() -> "Together":
    """Reads all shards of a session at once; the threads begin with the first read and are kept."""
    from concurrent.futures import ThreadPoolExecutor

    from domain.settings import MAX_SHARDS

    return ThreadPoolExecutor(MAX_SHARDS).map


def publish() -> "Publish":
    """For publish."""
    from adapters.dynamodb.connection_store import DynamoConnections
    from adapters.dynamodb.message_log import DynamoMessageLog
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.publish import Publish

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
    from use_cases.hook import Processing

    arn = own.hook_function_arn
    hook = LambdaHook(arn, timeout=own.hook_timeout) if arn else None
    return Processing(hook=hook, settings=own, journal=log(), metrics=metrics())


def presence() -> "Presence":
    """For the listeners table's stream."""
    from adapters.dynamodb.listener_store import DynamoListeners
    from adapters.dynamodb.session_store import DynamoSessions
    from use_cases.presence import Presence

    limits = rate_limits()
    return Presence(
        sessions=DynamoSessions(limits), listeners=DynamoListeners(limits), pusher=pusher(), clock=clock
    )

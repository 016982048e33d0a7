"""The composition root: builds each use case once, with the adapters that it needs.

Handlers read their use case from `container` when they are imported. Every import of an adapter or a use case
stands inside the property that needs it, so that a handler's archive and its cold start carry no more than
the handler uses (components/websocket_sessions/archives/imports.py).
"""

# ruff: noqa: PLC0415

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict, Unpack

    from adapters.dynamodb.rate_limits import DynamoRateLimits
    from domain.message_log import MessageLog
    from domain.model import Session
    from domain.ports import (
        Broadcaster,
        Clock,
        Connections,
        Listeners,
        Logger,
        Metrics,
        RateLimits,
        Replayer,
        Sessions,
        TokenVerifier,
    )
    from domain.pusher import Pusher
    from domain.settings import Settings
    from domain.tokens import TokenRules
    from fan_out.consumer import ServeShards
    from fan_out.fan_out import FanOut
    from fan_out.listeners import Together
    from fan_out.prune_listeners import ClearAway
    from fan_out.tasks import ShardQueue
    from keep_alive.continuation import Continuation
    from keep_alive.heartbeat import Heartbeat, PushForward
    from keep_alive.run import DueIndex, KeepAlive
    from use_cases.authorize import Authorize
    from use_cases.connect import Connect
    from use_cases.create_session import CreateSession
    from use_cases.disconnect import Disconnect
    from use_cases.end_session import EndSession
    from use_cases.get_session import GetSession, LookUp
    from use_cases.hook import Hook, Processing
    from use_cases.join_session import JoinSession
    from use_cases.leave_session import LeaveSession
    from use_cases.presence import Presence
    from use_cases.publish import Publish
    from use_cases.refresh_token import RefreshToken
    from use_cases.resume_session import ResumeSession
    from use_cases.takeover import Takeover
    from use_cases.update_session import UpdateSession

    class Overrides(TypedDict, total=False):
        """What a test may put in an adapter's place. Each key is a property of `Container`."""

        settings: Settings
        clock: Clock
        sleep: Callable[[float], None]
        logger: Logger
        metrics: Metrics
        sessions: Sessions
        connections: Connections
        listeners: Listeners
        rate_limits: RateLimits
        message_log: MessageLog
        due_index: DueIndex
        push_forward: PushForward
        pusher: Pusher
        queue: ShardQueue
        broadcaster: Broadcaster
        replayer: Replayer
        hook: Hook | None
        token_verifier: TokenVerifier
        token_rules: TokenRules
        self_invocation: Continuation
        parallel_map: Together


class Container:
    """Builds what is asked for, once. `Container(clock=..., pusher=...)` uses what it is given instead."""

    def __init__(self, **overrides: "Unpack[Overrides]") -> None:
        self.__dict__.update(overrides)  # where cached_property looks first

    # Configuration

    @cached_property
    def settings(self) -> "Settings":
        """The stack's settings, from SETTINGS."""
        import os

        from domain.settings import Settings

        return Settings.from_json(os.environ.get("SETTINGS", "{}"))

    @cached_property
    def clock(self) -> "Clock":
        """The time in epoch seconds."""
        import time

        return lambda: int(time.time())

    @cached_property
    def sleep(self) -> "Callable[[float], None]":
        """Waits for a number of seconds."""
        import time

        return time.sleep

    # Logs and metrics

    @cached_property
    def logger(self) -> "Logger":
        """Writes JSON lines to standard output."""
        from adapters.telemetry import JsonLogger

        return JsonLogger()

    @cached_property
    def metrics(self) -> "Metrics":
        """Counts for CloudWatch."""
        from adapters.telemetry import EmfMetrics

        return EmfMetrics()

    # Stores

    @cached_property
    def rate_limits(self) -> "RateLimits":
        """The limits table."""
        return self._dynamodb_rate_limits

    @cached_property
    def sessions(self) -> "Sessions":
        """The sessions table."""
        from adapters.dynamodb.session_store import DynamoSessions

        return DynamoSessions(self._dynamodb_rate_limits)

    @cached_property
    def connections(self) -> "Connections":
        """The connections table."""
        from adapters.dynamodb.connection_store import DynamoConnections

        return DynamoConnections(self._dynamodb_rate_limits)

    @cached_property
    def listeners(self) -> "Listeners":
        """The listeners table."""
        from adapters.dynamodb.listener_store import DynamoListeners

        return DynamoListeners(self._dynamodb_rate_limits)

    @cached_property
    def message_log(self) -> "MessageLog":
        """The messages table."""
        from adapters.dynamodb.message_log import DynamoMessageLog

        return DynamoMessageLog(max_age=self.settings.log_max_age)

    @cached_property
    def due_index(self) -> "DueIndex":
        """The `due` indexes."""
        from adapters.dynamodb.due_index import DynamoDueIndex

        return DynamoDueIndex(self.sessions)

    @cached_property
    def push_forward(self) -> "PushForward":
        """Moves a connection's next check to a later time."""
        from adapters.dynamodb.due_index import push_forward

        return push_forward

    # Pushes, queue, functions, tokens

    @cached_property
    def pusher(self) -> "Pusher":
        """Pushes to connections through CALLBACK_URL, signed with the function's own key pair."""
        import os

        from adapters.management_api.sender import BlockingSender, Sender
        from adapters.management_api.sigv4 import Credentials

        url, region = os.environ["CALLBACK_URL"], os.environ["AWS_REGION"]
        return BlockingSender(lambda: Sender(url, region=region, credentials=Credentials.from_environment))

    @cached_property
    def queue(self) -> "ShardQueue":
        """The fan-out queue."""
        from adapters.fan_out_queue import SqsShardQueue

        return SqsShardQueue()

    @cached_property
    def hook(self) -> "Hook | None":
        """The owner's hook function; None if the stack names none."""
        arn = self.settings.hook_function_arn
        if not arn:
            return None
        from adapters.hook import LambdaHook

        return LambdaHook(arn, timeout=self.settings.hook_timeout)

    @cached_property
    def self_invocation(self) -> "Continuation":
        """Invokes this function again."""
        from adapters.self_invocation import LambdaContinuation

        return LambdaContinuation()

    @cached_property
    def token_verifier(self) -> "TokenVerifier":
        """Verifies signatures with the keys at JWKS_URL, or else at the issuer's own address."""
        import os

        from adapters.token_verifier import JwksVerifier

        issuer = os.environ["TOKEN_ISSUER"]
        return JwksVerifier(os.environ.get("JWKS_URL") or f"{issuer}/.well-known/jwks.json")

    @cached_property
    def token_rules(self) -> "TokenRules":
        """The user pool and the client whose tokens are accepted."""
        import os

        from domain.tokens import TokenRules

        return TokenRules(issuer=os.environ["TOKEN_ISSUER"], client_id=os.environ["USER_POOL_CLIENT_ID"])

    @cached_property
    def parallel_map(self) -> "Together":
        """Maps a function over the shards of a session at once; its threads start with the first call."""
        from concurrent.futures import ThreadPoolExecutor

        from domain.settings import MAX_SHARDS

        return ThreadPoolExecutor(MAX_SHARDS).map

    # Connections

    @cached_property
    def authorize(self) -> "Authorize":
        """For the authorizer of `$connect`."""
        from use_cases.authorize import Authorize

        return Authorize(
            verifier=self.token_verifier, rules=self.token_rules, settings=self.settings, clock=self.clock
        )

    @cached_property
    def connect(self) -> "Connect":
        """For `$connect`."""
        from use_cases.connect import Connect

        return Connect(
            connections=self.connections, settings=self.settings, metrics=self.metrics, clock=self.clock
        )

    @cached_property
    def disconnect(self) -> "Disconnect":
        """For `$disconnect`, which API Gateway does not repeat soon."""
        from domain.ports import RetryBudget
        from use_cases.disconnect import Disconnect

        return Disconnect(
            connections=self.connections,
            retry_budget=RetryBudget.PATIENT,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def refresh_token(self) -> "RefreshToken":
        """For refreshToken."""
        from use_cases.refresh_token import RefreshToken

        return RefreshToken(
            connections=self.connections,
            rate_limits=self.rate_limits,
            verifier=self.token_verifier,
            rules=self.token_rules,
            settings=self.settings,
            clock=self.clock,
        )

    # Sessions

    @cached_property
    def create_session(self) -> "CreateSession":
        """For createSession and POST /sessions."""
        from use_cases.create_session import CreateSession

        return CreateSession(
            sessions=self.sessions,
            listeners=self.listeners,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
            takeover=self._take_over,
        )

    def _take_over(self, before: "Session", attached: "Session") -> None:
        """Build the takeover only when it is needed: a new session needs no pusher."""
        self.takeover(before, attached)

    @cached_property
    def takeover(self) -> "Takeover":
        """For createSession and resumeSession."""
        from use_cases.takeover import Takeover

        return Takeover(connections=self.connections, pusher=self.pusher, logger=self.logger)

    @cached_property
    def join_session(self) -> "JoinSession":
        """For joinSession."""
        from use_cases.join_session import JoinSession

        return JoinSession(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            replayer=self.replayer,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def leave_session(self) -> "LeaveSession":
        """For leaveSession."""
        from use_cases.leave_session import LeaveSession

        return LeaveSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            settings=self.settings,
            clock=self.clock,
        )

    @cached_property
    def look_up_session(self) -> "LookUp":
        """For GET /sessions/{sessionId}."""
        from use_cases.get_session import LookUp

        return LookUp(
            sessions=self.sessions,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            settings=self.settings,
            clock=self.clock,
        )

    @cached_property
    def get_session(self) -> "GetSession":
        """For getSession."""
        from use_cases.get_session import GetSession

        return GetSession(connections=self.connections, look_up=self.look_up_session)

    @cached_property
    def resume_session(self) -> "ResumeSession":
        """For resumeSession."""
        from use_cases.resume_session import ResumeSession

        return ResumeSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            replayer=self.replayer,
            takeover=self.takeover,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def update_session(self) -> "UpdateSession":
        """For updateSession and PATCH /sessions/{sessionId}."""
        from use_cases.update_session import UpdateSession

        return UpdateSession(
            sessions=self.sessions,
            connections=self.connections,
            broadcaster=self.broadcaster,
            rate_limits=self.rate_limits,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def end_session(self) -> "EndSession":
        """For endSession, DELETE /sessions/{sessionId} and the keep-alive run."""
        from use_cases.end_session import EndSession

        return EndSession(
            sessions=self.sessions,
            connections=self.connections,
            broadcaster=self.broadcaster,
            rate_limits=self.rate_limits,
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    # Messages

    @cached_property
    def publish(self) -> "Publish":
        """For publish."""
        from use_cases.publish import Publish

        return Publish(
            sessions=self.sessions,
            connections=self.connections,
            log=self.message_log,
            fan_out=self.fan_out,
            processing=self.processing,
            settings=self.settings,
            clock=self.clock,
            pause=self.sleep,
        )

    @cached_property
    def processing(self) -> "Processing":
        """Passes each message through the owner's hook."""
        from use_cases.hook import Processing

        return Processing(hook=self.hook, settings=self.settings, logger=self.logger, metrics=self.metrics)

    @cached_property
    def replayer(self) -> "Replayer":
        """Pushes the messages that a connection missed."""
        from use_cases.replay import LogReplayer

        return LogReplayer(log=self.message_log, pusher=self.pusher, settings=self.settings, clock=self.clock)

    @cached_property
    def broadcaster(self) -> "Broadcaster":
        """Pushes to everyone in a session."""
        return self.fan_out

    @cached_property
    def fan_out(self) -> "FanOut":
        """Pushes to a session's listeners."""
        from fan_out.fan_out import FanOut

        return FanOut(
            listeners=self.listeners,
            pusher=self.pusher,
            queue=self.queue,
            clear_away=self.prune_listeners,
            settings=self.settings,
            logger=self.logger,
            metrics=self.metrics,
            together=self.parallel_map,
        )

    @cached_property
    def fan_out_consumer(self) -> "ServeShards":
        """For the fan-out queue."""
        from fan_out.consumer import ServeShards

        return ServeShards(
            listeners=self.listeners,
            log=self.message_log,
            pusher=self.pusher,
            queue=self.queue,
            clear_away=self.prune_listeners,
            metrics=self.metrics,
            together=self.parallel_map,
        )

    @cached_property
    def prune_listeners(self) -> "ClearAway":
        """Removes listeners whose connections a push found gone."""
        from dataclasses import replace

        from domain.ports import RetryBudget
        from fan_out.prune_listeners import ClearAway

        return ClearAway(
            departed=replace(self.disconnect, retry_budget=RetryBudget.QUICK),
            listeners=self.listeners,
            logger=self.logger,
        )

    @cached_property
    def presence(self) -> "Presence":
        """For the listeners table's stream."""
        from use_cases.presence import Presence

        return Presence(
            sessions=self.sessions, listeners=self.listeners, pusher=self.pusher, clock=self.clock
        )

    # Keep-alive

    @cached_property
    def keep_alive(self) -> "KeepAlive":
        """For the schedule."""
        from dataclasses import replace

        from domain.ports import RetryBudget
        from keep_alive.run import KeepAlive

        return KeepAlive(
            due=self.due_index,
            end=self.end_session.by_the_clock,
            departed=replace(self.disconnect, retry_budget=RetryBudget.USUAL),
            pusher=self.pusher,
            settings=self.settings,
            logger=self.logger,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def heartbeat(self) -> "Heartbeat":
        """For heartbeat, where the stack records heartbeats."""
        from keep_alive.heartbeat import Heartbeat

        return Heartbeat(push_forward=self.push_forward, settings=self.settings, clock=self.clock)

    @cached_property
    def _dynamodb_rate_limits(self) -> "DynamoRateLimits":
        """Shared by all stores of one function. Makes the DynamoDB client, which all of them need."""
        from adapters.dynamodb.client import client
        from adapters.dynamodb.rate_limits import DynamoRateLimits

        client()
        return DynamoRateLimits(self.logger, self.metrics)


container = Container()
"""The container of this function's instance; nothing is built before it is read."""

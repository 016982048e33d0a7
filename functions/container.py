"""The composition root: builds each use case once, with the adapters that it needs.

Handlers read their use case from `container` when they are imported. Every import of an adapter or a use case
stands inside the property that needs it, so that a handler's archive and its cold start carry no more than
the handler uses (components/websocket_sessions/archives/imports.py). The archives' builder reads
the properties that a use case needs from this source, so each property passes them by name.
"""

# ruff: noqa: PLC0415

import os
from functools import cached_property
from typing import TYPE_CHECKING

from domain.digest import use_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict, Unpack

    from adapters.dynamodb.rate_limits import DynamoDBRateLimits
    from domain.channel import ChannelOffers, ChannelTokens
    from domain.deadline import Deadline
    from domain.events import EncodePush
    from domain.ports import (
        AudienceChannel,
        Broadcaster,
        Clock,
        Connections,
        Hook,
        Listeners,
        Logger,
        MessageLog,
        Metrics,
        ParallelMap,
        PostponeCheck,
        Pusher,
        RateLimits,
        Replayer,
        SelfInvocation,
        Sessions,
        TokenVerifier,
    )
    from domain.rate_limits import LookupLimit, ReplayLimit, RequestLimit
    from domain.settings import Settings
    from domain.tokens import TokenRules
    from fan_out.channel import ChannelFanOut
    from fan_out.deliver import PruneListeners
    from fan_out.fan_out import FanOut, FanOutConsumer
    from fan_out.flush_batch import FlushBatch
    from fan_out.tasks import TaskQueue
    from keep_alive.heartbeat import Heartbeat
    from keep_alive.run import KeepAlive
    from keep_alive.schedule import DueIndex
    from use_cases.absence import AnnounceAbsence
    from use_cases.authorize import Authorize
    from use_cases.authorize_channel import AuthorizeChannel
    from use_cases.connect import Connect
    from use_cases.create_session import CreateSession
    from use_cases.disconnect import Disconnect
    from use_cases.end_session import EndSession
    from use_cases.get_session import GetSession, LookUpSession
    from use_cases.hook import MessageProcessor
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
        deadline: Deadline
        logger: Logger
        metrics: Metrics
        sessions: Sessions
        connections: Connections
        listeners: Listeners
        rate_limits: RateLimits
        message_log: MessageLog
        due_index: DueIndex
        postpone_check: PostponeCheck
        pusher: Pusher
        queue: TaskQueue
        broadcaster: Broadcaster
        replayer: Replayer
        audience_channel: AudienceChannel | None
        channel_offers: ChannelOffers | None
        hook: Hook | None
        token_verifier: TokenVerifier
        token_rules: TokenRules
        self_invocation: SelfInvocation
        parallel_map: ParallelMap
        channel_map: ParallelMap


CHANNEL_THREADS = 10
"""Languages that are published to at once."""


class Container:
    """Builds what is asked for, once. `Container(clock=..., pusher=...)` uses what it is given instead."""

    def __init__(self, **overrides: "Unpack[Overrides]") -> None:
        self.__dict__.update(overrides)  # where cached_property looks first

    # Configuration

    @cached_property
    def settings(self) -> "Settings":
        """The stack's settings, from SETTINGS."""
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

    @cached_property
    def deadline(self) -> "Deadline":
        """The time by which the request in progress must have its reply."""
        from domain.deadline import request_deadline

        return request_deadline

    @cached_property
    def has_channel(self) -> bool:
        """Whether the stack has an audience's channel, to which this function publishes or that it offers."""
        return bool(os.environ.get("CHANNEL_PUBLISH_URL"))

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
        from adapters.dynamodb.stores import DynamoDBSessions

        return DynamoDBSessions(self._dynamodb_rate_limits)

    @cached_property
    def connections(self) -> "Connections":
        """The connections table."""
        from adapters.dynamodb.stores import DynamoDBConnections

        return DynamoDBConnections(self._dynamodb_rate_limits)

    @cached_property
    def listeners(self) -> "Listeners":
        """The listeners table."""
        from adapters.dynamodb.stores import DynamoDBListeners

        return DynamoDBListeners(self._dynamodb_rate_limits, has_channel=self.has_channel)

    @cached_property
    def request_limit(self) -> "RequestLimit":
        """Counts the requests of a connection, a user or an address."""
        from domain.rate_limits import RequestLimit

        return RequestLimit(
            rate_limits=self.rate_limits,
            settings=self.settings,
            disconnect=lambda connection_id: self.pusher.disconnect([connection_id]),
            metrics=self.metrics,
        )

    @cached_property
    def lookup_limit(self) -> "LookupLimit":
        """Counts look-ups of sessions that do not exist."""
        from domain.rate_limits import LookupLimit

        return LookupLimit(rate_limits=self.rate_limits, settings=self.settings)

    @cached_property
    def replay_limit(self) -> "ReplayLimit":
        """Counts the messages of replays."""
        from domain.rate_limits import ReplayLimit

        return ReplayLimit(rate_limits=self.rate_limits, settings=self.settings)

    @cached_property
    def message_log(self) -> "MessageLog":
        """The messages table."""
        from adapters.dynamodb.message_log import DynamoDBMessageLog

        return DynamoDBMessageLog(max_age_seconds=self.settings.log_max_age, has_channel=self.has_channel)

    @cached_property
    def due_index(self) -> "DueIndex":
        """The `due` indexes."""
        from adapters.dynamodb.due_index import DynamoDBDueIndex

        return DynamoDBDueIndex(self.sessions)

    @cached_property
    def postpone_check(self) -> "PostponeCheck":
        """Moves a connection's next check to a later time."""
        from adapters.dynamodb.due_index import postpone_check

        return postpone_check

    # Pushes, queue, functions, tokens

    @cached_property
    def pusher(self) -> "Pusher":
        """Pushes to connections through CALLBACK_URL, signed with the function's own key pair."""
        from adapters.aws.credentials import LambdaCredentials
        from adapters.management_api.sender import BlockingSender, Sender

        url, region, deadline = os.environ["CALLBACK_URL"], os.environ["AWS_REGION"], self.deadline
        return BlockingSender(
            lambda: Sender(url, region=region, credentials=LambdaCredentials(), deadline=deadline)
        )

    @cached_property
    def encode_push(self) -> "EncodePush":
        """Writes the payload of a push."""
        from wire.pushes import encode_push

        return encode_push

    @cached_property
    def queue(self) -> "TaskQueue":
        """The fan-out queue."""
        from adapters.fan_out_queue import SqsTaskQueue

        return SqsTaskQueue()

    @cached_property
    def hook(self) -> "Hook | None":
        """The owner's hook function; None if the stack names none."""
        arn = self.settings.hook_function_arn
        if not arn:
            return None
        from adapters.hook import LambdaHook

        return LambdaHook(
            arn,
            timeout_seconds=self.settings.hook_timeout,
            supported_languages=self.settings.supported_languages,
        )

    @cached_property
    def self_invocation(self) -> "SelfInvocation":
        """Invokes this function again."""
        from adapters.self_invocation import LambdaSelfInvocation

        return LambdaSelfInvocation()

    @cached_property
    def token_verifier(self) -> "TokenVerifier":
        """Verifies signatures with the keys at JWKS_URL, or else at the issuer's own address."""
        from adapters.token_verifier import JwksVerifier

        issuer = os.environ["TOKEN_ISSUER"]
        return JwksVerifier(os.environ.get("JWKS_URL") or f"{issuer}/.well-known/jwks.json")

    @cached_property
    def token_rules(self) -> "TokenRules":
        """The issuer and the audience (separated by spaces) whose tokens are accepted."""
        from domain.tokens import TokenRules

        return TokenRules(
            issuer=os.environ["TOKEN_ISSUER"],
            audience=frozenset(os.environ["TOKEN_AUDIENCE"].split()),
            cognito=os.environ["ISSUER_KIND"] == "cognito",
        )

    # The audience's channel

    @cached_property
    def channel_tokens(self) -> "ChannelTokens":
        """Issues and verifies the channel's tokens with a key that is derived from DIGEST_KEY."""
        from domain.channel import ChannelTokens
        from domain.digest import derived_key

        return ChannelTokens(derived_key("channel tokens"), self.clock)

    @cached_property
    def channel_offers(self) -> "ChannelOffers | None":
        """Offers the channel to listeners; None if the stack has none."""
        url = os.environ.get("CHANNEL_SUBSCRIBE_URL")
        if not url:
            return None
        from urllib.parse import urlsplit

        from domain.channel import ChannelOffers

        return ChannelOffers(
            url=url,
            host=urlsplit(os.environ["CHANNEL_PUBLISH_URL"]).netloc,
            tokens=self.channel_tokens,
            settings=self.settings,
        )

    @cached_property
    def audience_channel(self) -> "AudienceChannel | None":
        """Carries pushes to large audiences; None if the stack has no channel."""
        if not self.has_channel:
            return None
        from adapters.appsync_events import AppSyncChannel

        return AppSyncChannel(os.environ["CHANNEL_PUBLISH_URL"])

    @cached_property
    def parallel_map(self) -> "ParallelMap":
        """Maps a function over the shards of a session at once; its threads start with the first call."""
        from concurrent.futures import ThreadPoolExecutor

        from domain.settings import MAX_SHARDS

        return ThreadPoolExecutor(MAX_SHARDS).map

    @cached_property
    def channel_map(self) -> "ParallelMap":
        """Maps a function over the channel's languages; no shard waits for these threads."""
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(CHANNEL_THREADS).map

    # Connections

    @cached_property
    def authorize(self) -> "Authorize":
        """For the authorizer of `$connect`."""
        from use_cases.authorize import Authorize

        return Authorize(
            verifier=self.token_verifier, rules=self.token_rules, settings=self.settings, clock=self.clock
        )

    @cached_property
    def authorize_channel(self) -> "AuthorizeChannel":
        """For the authorizer of the audience's channel."""
        from use_cases.authorize_channel import AuthorizeChannel

        return AuthorizeChannel(
            tokens=self.channel_tokens,
            rate_limits=self.rate_limits,
            settings=self.settings,
            clock=self.clock,
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
            announce_absence=lambda session_id: self.announce_absence(session_id),  # noqa: PLW0108 -- lazy
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
            takeover=lambda before, attached: self.takeover(before, attached),  # noqa: PLW0108 -- lazy
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def takeover(self) -> "Takeover":
        """Announces a session's new speaker connection."""
        from use_cases.takeover import Takeover

        return Takeover(
            connections=self.connections,
            broadcaster=self.broadcaster,
            pusher=self.pusher,
            encode=self.encode_push,
            logger=self.logger,
        )

    @cached_property
    def announce_absence(self) -> "AnnounceAbsence":
        """Informs a session's listeners that its speaker is away."""
        from use_cases.absence import AnnounceAbsence

        return AnnounceAbsence(
            sessions=self.sessions, broadcaster=self.broadcaster, logger=self.logger, clock=self.clock
        )

    @cached_property
    def join_session(self) -> "JoinSession":
        """For joinSession."""
        from use_cases.join_session import JoinSession

        return JoinSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
            rate_limits=self.rate_limits,
            request_limit=self.request_limit,
            lookup_limit=self.lookup_limit,
            replayer=self.replayer,
            channel_offers=self.channel_offers,
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
            announce_absence=lambda session_id: self.announce_absence(session_id),  # noqa: PLW0108 -- lazy
            settings=self.settings,
            clock=self.clock,
        )

    @cached_property
    def look_up_session(self) -> "LookUpSession":
        """For GET /sessions/{sessionId}."""
        from use_cases.get_session import LookUpSession

        return LookUpSession(
            sessions=self.sessions,
            listeners=self.listeners,
            lookup_limit=self.lookup_limit,
            settings=self.settings,
            clock=self.clock,
        )

    @cached_property
    def get_session(self) -> "GetSession":
        """For getSession."""
        from use_cases.get_session import GetSession

        return GetSession(connections=self.connections, look_up_session=self.look_up_session)

    @cached_property
    def resume_session(self) -> "ResumeSession":
        """For resumeSession."""
        from use_cases.resume_session import ResumeSession

        return ResumeSession(
            sessions=self.sessions,
            connections=self.connections,
            listeners=self.listeners,
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
            settings=self.settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    # Messages

    @cached_property
    def publish(self) -> "Publish":
        """For publish."""
        from use_cases.publish import Publish
        from wire.pushes import checked_size

        return Publish(
            sessions=self.sessions,
            connections=self.connections,
            message_log=self.message_log,
            fan_out=self.fan_out,
            message_processor=self.message_processor,
            checked_size=checked_size,
            deadline=self.deadline,
            settings=self.settings,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def message_processor(self) -> "MessageProcessor":
        """Passes each message through the owner's hook."""
        from use_cases.hook import MessageProcessor

        return MessageProcessor(
            hook=self.hook, settings=self.settings, logger=self.logger, metrics=self.metrics
        )

    @cached_property
    def replayer(self) -> "Replayer":
        """Pushes the messages that a connection missed."""
        from use_cases.replay import LogReplayer

        return LogReplayer(
            message_log=self.message_log,
            pusher=self.pusher,
            encode=self.encode_push,
            replay_limit=self.replay_limit,
            settings=self.settings,
            clock=self.clock,
        )

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
            channel=self.channel_fan_out,
            prune_listeners=self.prune_listeners,
            deadline=self.deadline,
            settings=self.settings,
            logger=self.logger,
            metrics=self.metrics,
            parallel_map=self.parallel_map,
        )

    @cached_property
    def fan_out_consumer(self) -> "FanOutConsumer":
        """For the fan-out queue."""
        from fan_out.fan_out import FanOutConsumer

        return FanOutConsumer(
            listeners=self.listeners,
            message_log=self.message_log,
            pusher=self.pusher,
            queue=self.queue,
            channel=self.channel_fan_out,
            prune_listeners=self.prune_listeners,
            flush_batch=self.flush_batch,
            deadline=self.deadline,
            metrics=self.metrics,
            parallel_map=self.parallel_map,
        )

    @cached_property
    def channel_fan_out(self) -> "ChannelFanOut | None":
        """Pushes to the listeners on the audience's channel; None if the stack has none."""
        channel = self.audience_channel
        if channel is None:
            return None
        from fan_out.channel import ChannelFanOut

        return ChannelFanOut(
            channel=channel, parallel_map=self.channel_map, logger=self.logger, metrics=self.metrics
        )

    @cached_property
    def flush_batch(self) -> "FlushBatch":
        """Sends the messages of an interval together."""
        from fan_out.flush_batch import FlushBatch

        return FlushBatch(
            sessions=self.sessions,
            queue=self.queue,
            settings=self.settings,
            has_channel=self.audience_channel is not None,
        )

    @cached_property
    def prune_listeners(self) -> "PruneListeners":
        """Removes listeners whose connections a push found gone.

        A connection that has become a speaker's keeps its record: `$disconnect` or the keep-alive removes it.
        """
        from dataclasses import replace

        from domain.ports import RetryBudget
        from fan_out.deliver import PruneListeners

        return PruneListeners(
            on_disconnected=replace(self.disconnect, retry_budget=RetryBudget.QUICK, removes_speakers=False),
            listeners=self.listeners,
            logger=self.logger,
        )

    @cached_property
    def presence(self) -> "Presence":
        """For the listeners table's stream."""
        from use_cases.presence import Presence

        return Presence(
            sessions=self.sessions,
            listeners=self.listeners,
            pusher=self.pusher,
            encode=self.encode_push,
            clock=self.clock,
        )

    # Keep-alive

    @cached_property
    def keep_alive(self) -> "KeepAlive":
        """For the schedule."""
        from dataclasses import replace

        from domain.ports import RetryBudget
        from keep_alive.run import KeepAlive

        return KeepAlive(
            due_index=self.due_index,
            end_if_due=self.end_session.end_if_due,
            on_disconnected=replace(self.disconnect, retry_budget=RetryBudget.USUAL),
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

        return Heartbeat(postpone_check=self.postpone_check, settings=self.settings, clock=self.clock)

    @cached_property
    def _dynamodb_rate_limits(self) -> "DynamoDBRateLimits":
        """Shared by all stores of one function. Makes the DynamoDB client, which all of them need."""
        from adapters.dynamodb.client import client
        from adapters.dynamodb.rate_limits import DynamoDBRateLimits

        client()
        return DynamoDBRateLimits(self.logger, self.metrics)


use_key(os.environ.get("DIGEST_KEY", ""))

container = Container()
"""The container of this function's instance; nothing is built before it is read."""

"""Drives sessions through the use cases, on stores that a test chooses."""

import itertools
from typing import TYPE_CHECKING, Self

from container import Container
from domain.channel import ChannelOffers, ChannelTokens
from domain.model import Caller, Change, Connection, Position, Session, Status
from domain.settings import Limits, Settings
from domain.tokens import TokenRules
from tests.support.fakes import FakeBroadcaster, FakePusher, FakeReplayer, FakeTokenVerifier, ManualClock
from tests.support.memory_stores import Memory, memory_stores
from tests.support.recorder import Recorder
from wire.pushes import Message, session_ended, session_updated
from wire.replies import (
    session_created,
    session_joined,
    session_left,
    session_resumed,
    session_view,
    token_refreshed,
)

if TYPE_CHECKING:
    from container import Overrides

START = 1_800_000_000
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
CLIENT = "client"
UNLIMITED = Settings(limits=Limits(enabled=False), unattached_lifetime=100_000)
_numbers = itertools.count(1)


def new_id(prefix: str = "c") -> str:
    """Return a connection id, or another id, that no test had before."""
    return f"{prefix}{next(_numbers):08}="


def offers_for(settings: Settings) -> ChannelOffers:
    """Return the offers of a stack that has an audience's channel."""
    tokens = ChannelTokens(b"k" * 32, lambda: START)
    return ChannelOffers(url="wss://realtime/event/realtime", host="http", tokens=tokens, settings=settings)


class SessionDriver:
    """One stack's use cases with a clock to set. Adapters not overridden are those of production."""

    def __init__(self, settings: Settings = UNLIMITED, overrides: "Overrides | None" = None) -> None:
        self.clock = ManualClock(START)
        self.recorder = Recorder()
        self._overrides: Overrides = {
            "settings": settings,
            "clock": self.clock,
            "logger": self.recorder,
            "metrics": self.recorder,
            **(overrides or {}),
        }
        self.container = self.cold_start()

    def cold_start(self) -> Container:
        """Return what another instance of a function has: the same stores, and nothing cached."""
        return Container(**self._overrides)

    def restart(self) -> None:
        """Go on with another instance, which has cached nothing."""
        self.container = self.cold_start()

    def redeploy(self, settings: Settings) -> None:
        """Go on with other settings, on the same stores."""
        self._overrides["settings"] = settings
        self.restart()

    @property
    def now(self) -> int:
        return self.clock.now

    @now.setter
    def now(self, seconds: int) -> None:
        self.clock.now = seconds

    def connect(
        self, subject: str | None = None, *, token_expires_at: int | None = None, address: str = "address"
    ) -> str:
        """Open a new connection; return its id."""
        connection_id = new_id()
        self.open(connection_id, subject, token_expires_at=token_expires_at, address=address)
        return connection_id

    def open(
        self,
        connection_id: str,
        subject: str | None = None,
        *,
        token_expires_at: int | None = None,
        address: str = "address",
    ) -> None:
        self.container.connect(
            connection_id,
            subject=subject,
            token_expires_at=token_expires_at,
            address=address,
            correlation_id="correlation",
        )

    @staticmethod
    def caller(connection_id: str, subject: str | None = None, address: str = "address") -> Caller:
        return Caller(connection_id=connection_id, subject=subject, address=address)

    def disconnect(self, connection_id: str) -> None:
        self.container.disconnect(connection_id)

    def create(
        self,
        connection_id: str | None,
        subject: str | None = "user",
        *,
        request_id: str | None = None,
        source_language: str = "en",
        quality: str = "standard",
    ) -> Message:
        caller = Caller(connection_id=connection_id, subject=subject, address="address")
        return session_created(
            self.container.create_session(
                caller, source_language=source_language, quality=quality, request_id=request_id
            )
        )

    def speaking(self, subject: str = "user") -> tuple[str, str]:
        """Create a session; return its speaker's connection and its id."""
        connection_id = self.connect(subject)
        return connection_id, self.create(connection_id, subject)["sessionId"]

    def join(
        self,
        connection_id: str,
        session_id: str,
        *,
        language: str = "es",
        position: Position | None = None,
        address: str = "address",
        on_channel: bool = False,
    ) -> Message:
        caller = Caller(connection_id=connection_id, subject=None, address=address)
        return session_joined(
            self.container.join_session(
                caller,
                session_id=session_id,
                target_language=language,
                position=position,
                on_channel=on_channel,
            )
        )

    def listening(
        self, session_id: str, subject: str | None = None, *, token_expires_at: int | None = None
    ) -> str:
        """Join by a new connection; return its id."""
        connection_id = self.connect(subject, token_expires_at=token_expires_at)
        self.join(connection_id, session_id)
        return connection_id

    def leave(self, connection_id: str, *, request_id: str | None = None) -> Message:
        return session_left(self.container.leave_session(connection_id, request_id=request_id))

    def resume(
        self,
        connection_id: str,
        session_id: str,
        *,
        request_id: str | None = None,
        position: Position | None = None,
        generation: int | None = None,
    ) -> Message:
        return session_resumed(
            self.container.resume_session(
                self.caller(connection_id),
                session_id=session_id,
                position=position,
                request_id=request_id,
                generation=generation,
            )
        )

    def update(
        self,
        connection_id: str,
        *,
        status: Status | None = None,
        quality: str | None = None,
        muted: bool | None = None,
        request_id: str | None = None,
    ) -> Message:
        change = Change(status=status, quality=quality, muted=muted)
        update = self.container.update_session
        return session_updated(update.as_speaker(connection_id, change, request_id=request_id))

    def update_as_owner(self, subject: str, session_id: str, *, quality: str) -> Message:
        change = Change(quality=quality)
        return session_updated(self.container.update_session.as_owner(subject, session_id, change))

    def end(self, connection_id: str) -> Message:
        return session_ended(self.container.end_session.as_speaker(connection_id))

    def end_as_owner(self, subject: str, session_id: str) -> Message:
        return session_ended(self.container.end_session.as_owner(subject, session_id))

    def get(self, connection_id: str, session_id: str | None = None, *, address: str = "address") -> Message:
        caller = self.caller(connection_id, address=address)
        return session_view(self.container.get_session(caller, session_id=session_id))

    def refresh(self, connection_id: str, token: str) -> Message:
        return token_refreshed(self.container.refresh_token(connection_id, token))

    def session(self, session_id: str) -> Session:
        """Return a session that exists."""
        session = self.container.sessions.get(session_id)
        assert session is not None
        return session

    def connection(self, connection_id: str) -> Connection:
        """Return a connection that exists."""
        connection = self.container.connections.get(connection_id)
        assert connection is not None
        return connection

    def listener_count(self, session_id: str) -> int:
        """Return how many slots are taken."""
        return self.container.listeners.count(session_id, self.session(session_id).capacity)

    def listener_ids(self, session_id: str) -> list[str]:
        """Return the connections that have a row in any shard."""
        shards = range(self.session(session_id).shards)
        pages = [self.container.listeners.page(session_id, shard) for shard in shards]
        return sorted(one.connection_id for page in pages for one in page.listeners)


class UseCaseDriver(SessionDriver):
    """Drives one use case at a time: what pushes, broadcasts, replays and verifies tokens is a double."""

    def __init__(self, settings: Settings = UNLIMITED, overrides: "Overrides | None" = None) -> None:
        self.pusher = FakePusher()
        self.broadcaster = FakeBroadcaster()
        self.replayer = FakeReplayer()
        self.token_verifier = FakeTokenVerifier()
        doubles: Overrides = {
            "pusher": self.pusher,
            "broadcaster": self.broadcaster,
            "replayer": self.replayer,
            "token_verifier": self.token_verifier,
            "token_rules": TokenRules(issuer=ISSUER, audience=frozenset([CLIENT])),
        }
        super().__init__(settings, {**doubles, **(overrides or {})})

    @classmethod
    def in_memory(
        cls,
        settings: Settings = UNLIMITED,
        memory: Memory | None = None,
        overrides: "Overrides | None" = None,
    ) -> Self:
        return cls(settings, {**memory_stores(memory or Memory()), **(overrides or {})})

    @classmethod
    def on_dynamodb(cls, settings: Settings = UNLIMITED) -> Self:
        """On the tables that the environment names."""
        return cls(settings)

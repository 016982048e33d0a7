"""Sessions, connections, duplicates, lost and late events and crashes, in any order: the invariants hold.

The stores are those in memory, which tests/functions/use_cases holds to what DynamoDB does.
"""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from domain.errors import SessionError, UnavailableError
from domain.model import Status
from tests.support.invariants import check_connection, check_session
from tests.support.memory_stores import Memory
from tests.support.session_driver import UNLIMITED, UseCaseDriver, offers_for

SMALL = replace(UNLIMITED, max_listeners=3, listeners_per_shard=2, channel_audience=0)
USERS = st.sampled_from(["ann", "bob"])
REQUEST_IDS = st.sampled_from([None, "r1", "r2"])


class Crash(BaseException):
    """The function's instance is gone; nothing after this point happens."""


def expected(error: UnavailableError) -> bool:
    """Nothing is ever unavailable here, but what a connection without a record asks for."""
    assert "not known" in error.message
    return False


class SessionsMachine(RuleBasedStateMachine):
    """Sockets are real or gone; the server hears of it by `$disconnect`, or finds out by a push."""

    open_sockets = Bundle("open_sockets")
    gone_sockets = Bundle("gone_sockets")
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.driver = UseCaseDriver.in_memory(SMALL, self.memory, {"channel_offers": offers_for(SMALL)})
        self.generations: dict[str, int] = {}
        self.gone: set[str] = set()
        self.connected = 0
        self.crash_at: int | None = None
        self.lose_answer = False
        self.memory.before = self._before
        self.memory.after = self._after

    def _before(self, _: str) -> None:
        if self.crash_at == 0 and not self.lose_answer:
            self.crash_at = None
            raise Crash

    def _after(self, _: str) -> None:
        if self.crash_at == 0 and self.lose_answer:
            self.crash_at = None
            raise Crash
        if self.crash_at is not None:
            self.crash_at -= 1

    def attempt(self, act: Callable[[], object]) -> bool:
        """Whether it came to its end; refusals are fine, but for one that nobody foresaw."""
        try:
            act()
        except UnavailableError as error:
            return expected(error)
        except SessionError:
            return False
        except Crash:
            return False
        finally:
            self.crash_at = None
        return True

    def opened(self, user: str | None) -> str:
        """A new socket; its name is the same in each run, since its shard follows from it."""
        self.connected += 1
        socket = f"socket-{self.connected}"
        self.driver.open(socket, user)
        return socket

    @initialize(target=open_sockets)
    def begin(self) -> str:
        return self.opened("ann")

    @rule(calls=st.integers(0, 3), lost=st.booleans())
    def next_one_crashes(self, calls: int, lost: bool) -> None:
        self.crash_at, self.lose_answer = calls, lost

    @rule(target=open_sockets, user=st.none() | USERS)
    def connect(self, user: str | None) -> str:
        self.crash_at = None
        return self.opened(user)

    @rule(target=ids, socket=open_sockets, request_id=REQUEST_IDS)
    def create(self, socket: str, request_id: str | None) -> object:
        before = set(self.memory.sessions)
        connection = self.memory.connections.get(socket)
        subject = connection.subject if connection else "ann"
        self.attempt(lambda: self.driver.create(socket, subject, request_id=request_id))
        made = sorted(set(self.memory.sessions) - before)
        assert len(made) <= 1
        return multiple(*made)

    @rule(target=ids, user=USERS, request_id=REQUEST_IDS)
    def create_over_http(self, user: str, request_id: str | None) -> object:
        before = set(self.memory.sessions)
        self.attempt(lambda: self.driver.create(None, user, request_id=request_id))
        return multiple(*sorted(set(self.memory.sessions) - before))

    @rule(
        socket=open_sockets,
        session_id=ids,
        language=st.sampled_from(["es", "fr"]),
        on_channel=st.booleans(),
        again=st.integers(1, 2),
    )
    def join(self, socket: str, session_id: str, language: str, on_channel: bool, again: int) -> None:
        for _ in range(again):
            self.attempt(
                lambda: self.driver.join(socket, session_id, language=language, on_channel=on_channel)
            )

    @rule(socket=open_sockets, request_id=REQUEST_IDS)
    def leave(self, socket: str, request_id: str | None) -> None:
        self.attempt(lambda: self.driver.leave(socket, request_id=request_id))

    @rule(socket=open_sockets, session_id=ids, request_id=REQUEST_IDS)
    def resume(self, socket: str, session_id: str, request_id: str | None) -> None:
        self.attempt(lambda: self.driver.resume(socket, session_id, request_id=request_id))

    @rule(socket=open_sockets, status=st.sampled_from([None, Status.PAUSED]), request_id=REQUEST_IDS)
    def update(self, socket: str, status: Status | None, request_id: str | None) -> None:
        quality = None if status else "premium"
        before = dict(self.memory.sessions)
        done = self.attempt(
            lambda: self.driver.update(socket, status=status, quality=quality, request_id=request_id)
        )
        if done:
            changed = [one for one, session in self.memory.sessions.items() if session != before.get(one)]
            assert all(before[one].speaker_connection_id == socket for one in changed)

    @rule(socket=open_sockets)
    def end(self, socket: str) -> None:
        self.attempt(lambda: self.driver.end(socket))

    @rule(target=gone_sockets, socket=consumes(open_sockets))
    def socket_goes(self, socket: str) -> str:
        self.gone.add(socket)
        return socket

    @rule(socket=gone_sockets)
    def disconnect_is_told(self, socket: str) -> None:
        """Late, doubled, or for the first time."""
        self.attempt(lambda: self.driver.disconnect(socket))

    @rule(seconds=st.sampled_from([1, 60, SMALL.speaker_grace, SMALL.session_lifetime]))
    def time_passes(self, seconds: int) -> None:
        self.driver.now += seconds

    @rule(session_id=ids)
    def the_clock_looks(self, session_id: str) -> None:
        session = self.memory.sessions[session_id]
        self.attempt(lambda: self.driver.container.end_session.end_if_due(session))

    @invariant()
    def everything_agrees(self) -> None:
        at, self.crash_at = self.crash_at, None
        for session_id, session in self.memory.sessions.items():
            check_session(self.driver, session_id)
            assert session.generation >= self.generations.get(session_id, 0)
            self.generations[session_id] = session.generation
        for connection_id in self.memory.connections:
            check_connection(self.driver, connection_id)
        self.crash_at = at

    def teardown(self) -> None:
        """The keep-alive finds each socket that is gone: after that, nothing of it is left."""
        self.crash_at = None
        for socket in self.gone:
            self.driver.disconnect(socket)
        for session in self.memory.sessions.values():
            if not session.ended_because(self.driver.now):
                assert not self.gone & set(self.driver.listener_ids(session.session_id))
        self.driver.now += SMALL.speaker_grace
        for session in list(self.memory.sessions.values()):
            self.driver.container.end_session.end_if_due(session)
        for session in self.memory.sessions.values():
            if session.speaker_connection_id is None or session.speaker_connection_id in self.gone:
                assert session.status is Status.ENDED
        assert not self.gone & set(self.memory.connections)


TestSessionsMachine = SessionsMachine.TestCase
TestSessionsMachine.settings = run_settings(max_examples=200, stateful_step_count=40, deadline=None)

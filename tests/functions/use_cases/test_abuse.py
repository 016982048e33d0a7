"""What one address may do: a full hall gets in and returns, and one client costs no more than its limits."""

from contextlib import suppress
from dataclasses import replace

import pytest

from domain.errors import RateLimitedError, SessionFullError, SessionNotFoundError
from domain.message_log import Body
from domain.model import Position
from domain.rate_limits import FLOOD_FACTOR
from domain.session_ids import new_session_id
from domain.settings import Limits, Settings
from tests.functions.conftest import NewDriver
from tests.support.fakes import FakeQueue
from tests.support.memory_stores import Memory, memory_stores
from tests.support.session_driver import SessionDriver, UseCaseDriver, new_id

DEFAULTS = Settings()
HALL = DEFAULTS.max_listeners
MESSAGES_PER_SECOND = 4
"""Of the pages' speaker, who publishes a chunk of audio each 250 ms."""


class HallDriver(UseCaseDriver):
    """A session whose listeners share one address, with real replays."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.memory = Memory()
        super().__init__(settings, {**memory_stores(self.memory), "queue": FakeQueue()})
        del self._overrides["replayer"]
        self.restart()
        self.now = self.now // 3600 * 3600  # the start of a window
        self.address = new_id("a")
        self.speaker, self.session_id = self.speaking()

    def enter(self, position: Position | None = None) -> str:
        """Connect and join from the hall; return the connection."""
        listener = self.connect(address=self.address)
        self.join(listener, self.session_id, position=position, address=self.address)
        return listener

    def publish(self, messages: int) -> None:
        caller = self.caller(self.speaker, "user")
        for _ in range(messages):
            body = Body(data="x", content_type="text/plain", encoding="utf8")
            self.container.publish(caller, body=body, target_languages=None, request_id=None)

    def recover(self, position: Position) -> int:
        """Return with a position, and read page by page; return the number of replayed messages."""
        listener = self.connect(address=self.address)
        recovered = 0
        while True:
            reply = self.join(listener, self.session_id, position=position, address=self.address)
            assert "reset" not in reply
            recovered += reply["replayed"]
            position = replace(position, offset=position.offset + reply["replayed"])
            if not reply.get("more"):
                return recovered


def guess(driver: SessionDriver, connection_id: str, address: str) -> None:
    driver.join(connection_id, new_session_id(), address=address)


def test_a_hall_gets_in_within_a_minute_and_returns_after_a_common_disconnect() -> None:
    """Everyone was away for a minute, in which the speaker went on, and gets every message."""
    hall = HallDriver()
    listeners = [hall.enter() for _ in range(HALL)]
    missed = 60 * MESSAGES_PER_SECOND
    position = Position(epoch=hall.session(hall.session_id).epoch, offset=0)
    for listener in listeners:
        hall.disconnect(listener)
    hall.publish(missed)
    hall.now += 59  # within the window in which all came, so that nothing was forgiven
    assert [hall.recover(position) for _ in range(HALL)] == [missed] * HALL


def test_guesses_of_one_address_are_slow_on_all_of_its_connections(new_driver: NewDriver) -> None:
    driver = new_driver(DEFAULTS)
    driver.now = driver.now // 3600 * 3600
    address = new_id("a")
    connections = [driver.connect(address=address) for _ in range(8)]
    for number in range(60):
        with pytest.raises(SessionNotFoundError):
            guess(driver, connections[number % 8], address)
    for number in range(60):
        with pytest.raises(RateLimitedError) as refused:
            guess(driver, connections[number % 8], address)
        assert refused.value.retry_after == 60
    driver.now += 60
    with pytest.raises(SessionNotFoundError):
        guess(driver, connections[0], address)


def test_an_hour_of_guesses_stays_below_the_limit() -> None:
    driver, address, missed = UseCaseDriver.in_memory(DEFAULTS), new_id("a"), 0
    driver.now = driver.now // 3600 * 3600
    connection = driver.connect(address=address)
    for second in range(3600):
        driver.now += 1 if second else 0
        try:
            guess(driver, connection, address)
        except SessionNotFoundError:
            missed += 1
        except RateLimitedError:
            pass
    assert missed == 659


def test_a_right_guess_beyond_the_limit_looks_like_a_wrong_one(new_driver: NewDriver) -> None:
    """Else the limit would hide the misses alone."""
    driver = new_driver(replace(DEFAULTS, max_listeners=1, limits=Limits(failed_lookups_per_minute=2)))
    driver.now = driver.now // 3600 * 3600
    _, session_id = driver.speaking(new_id("u"))
    address = new_id("a")
    guesser = driver.connect(address=address)
    for _ in range(2):
        with pytest.raises(SessionNotFoundError):
            guess(driver, guesser, address)
    with pytest.raises(RateLimitedError):
        driver.join(guesser, session_id, address=address)
    with pytest.raises(RateLimitedError):
        driver.get(guesser, session_id, address=address)


def test_listeners_return_while_a_neighbour_guesses(new_driver: NewDriver) -> None:
    """The epoch of their position shows that they have been in the session."""
    driver = new_driver(replace(DEFAULTS, max_listeners=10, limits=Limits(failed_lookups_per_minute=1)))
    driver.now = driver.now // 3600 * 3600
    _, session_id = driver.speaking(new_id("u"))
    address = new_id("a")
    guesser = driver.connect(address=address)
    for _ in range(3):
        with pytest.raises((SessionNotFoundError, RateLimitedError)):
            guess(driver, guesser, address)
    position = Position(epoch=driver.session(session_id).epoch, offset=0)
    assert driver.join(driver.connect(address=address), session_id, position=position, address=address)
    wrong, other = replace(position, epoch="00000000"), driver.connect(address=address)
    with pytest.raises(RateLimitedError):
        driver.join(other, session_id, position=wrong, address=address)


def test_lookups_and_joins_of_all_connections_count_together(new_driver: NewDriver) -> None:
    driver = new_driver(replace(DEFAULTS, max_listeners=1, limits=Limits(failed_lookups_per_minute=2)))
    driver.now = driver.now // 3600 * 3600
    address = new_id("a")
    with pytest.raises(SessionNotFoundError):
        driver.get(driver.connect(address=address), new_session_id(), address=address)
    with pytest.raises(SessionNotFoundError):
        guess(driver, driver.connect(address=address), address)
    with pytest.raises(RateLimitedError):
        driver.get(driver.connect(address=address), new_session_id(), address=address)


def test_a_replay_is_paid_for_by_the_messages_that_it_pushes() -> None:
    """One connection gets what is kept, again and again only as fast as a session may publish."""
    settings = replace(DEFAULTS, max_listeners=10, log_max_count=200, limits=Limits(messages_per_minute=600))
    hall = HallDriver(settings)
    hall.publish(200)
    position = Position(epoch=hall.session(hall.session_id).epoch, offset=0)
    listener = hall.enter()

    def replayed_until_refused() -> int:
        replayed = 0
        while True:
            try:
                reply = hall.join(listener, hall.session_id, position=position, address=hall.address)
            except RateLimitedError:
                return replayed
            replayed += reply["replayed"]

    first = replayed_until_refused()
    assert first <= 400  # its own, and what it had used when the address had used as much
    hall.now += 30
    assert replayed_until_refused() <= 300


def test_replays_to_one_address_are_bounded_for_all_of_its_connections() -> None:
    settings = replace(DEFAULTS, max_listeners=10, limits=Limits(replays_per_listener=400))
    hall = HallDriver(settings)
    hall.publish(100)
    position = Position(epoch=hall.session(hall.session_id).epoch, offset=0)
    for _ in range(20):
        assert hall.recover(position) == 100
        hall.disconnect(max(hall.memory.connections))
    with pytest.raises(RateLimitedError):
        hall.recover(position)


def test_replays_of_an_ended_session_are_paid_for_too() -> None:
    hall = HallDriver(replace(DEFAULTS, max_listeners=1, log_max_count=100))
    hall.publish(100)
    position = Position(epoch=hall.session(hall.session_id).epoch, offset=0)
    hall.end(hall.speaker)
    for _ in range(2):
        assert hall.recover(position) == 100
    with pytest.raises(RateLimitedError):
        hall.recover(position)


def test_a_join_on_a_joined_connection_is_a_request() -> None:
    settings = replace(DEFAULTS, max_listeners=1, limits=Limits(requests_per_minute=2))
    hall = HallDriver(settings)
    listener = hall.enter()
    for _ in range(4):
        hall.join(listener, hall.session_id, address=hall.address)
    with pytest.raises(RateLimitedError):
        hall.join(listener, hall.session_id, address=hall.address)


def test_a_connection_that_goes_on_far_beyond_its_limit_is_disconnected() -> None:
    settings = replace(DEFAULTS, max_listeners=1, limits=Limits(requests_per_minute=2))
    hall = HallDriver(settings)
    listener = hall.enter()
    for _ in range(FLOOD_FACTOR * 4):
        with suppress(RateLimitedError):
            hall.join(listener, hall.session_id, address=hall.address)
    assert listener not in hall.pusher.gone
    with pytest.raises(RateLimitedError):
        hall.join(listener, hall.session_id, address=hall.address)
    assert listener in hall.pusher.gone
    assert hall.recorder.counts["FloodDisconnected"] == 1


def test_an_hour_of_an_address_that_keeps_to_no_rule_is_bounded() -> None:
    """It opens all connections that it may, and replays on each of them until it is disconnected."""
    listeners, per_minute = 4, 5
    limits = Limits(requests_per_minute=per_minute, connects_per_minute=8, replays_per_listener=100)
    hall = HallDriver(replace(DEFAULTS, max_listeners=listeners, log_max_count=20, limits=limits))
    hall.publish(20)
    position = Position(epoch=hall.session(hall.session_id).epoch, offset=0)
    before, requests = len(hall.memory.connections), 0
    for _ in range(60):
        for _ in range(9):
            with suppress(RateLimitedError):
                listener = hall.connect(address=hall.address)
                while listener not in hall.pusher.gone:
                    requests += 1
                    with suppress(RateLimitedError, SessionFullError):
                        hall.join(listener, hall.session_id, position=position, address=hall.address)
                    with suppress(RateLimitedError):
                        hall.container.request_limit(hall.caller(listener, address=hall.address), hall.now)
                hall.disconnect(listener)
        hall.now += 60
    pushes = sum(len(delivery.payloads) for delivery in hall.pusher.deliveries)
    assert len(hall.memory.connections) == before
    assert pushes <= 100 * listeners
    assert requests <= 60 * (FLOOD_FACTOR * (per_minute + 2 * listeners) + 8)

"""joinSession and the audience's channel: who is offered it, and where a listener receives pushes."""

import threading
from dataclasses import replace

import pytest

from adapters.dynamodb.client import call
from adapters.dynamodb.connection_items import connection_key, connection_table
from adapters.dynamodb.message_log import raise_head
from adapters.dynamodb.session_items import to_session
from container import Container
from domain.channel import ChannelClaims
from domain.digest import short_digest
from domain.errors import RateLimitedError, SessionEndedError, SessionFullError
from domain.message_log import Entry
from domain.model import Listener, Position, Session, SpeakerAuthority
from domain.ports import Condition, ConditionFailed
from domain.settings import Limits
from tests.functions.conftest import NewDriver
from tests.support.example_session import SESSION
from tests.support.memory_stores import Memory
from tests.support.session_driver import START, UNLIMITED, UseCaseDriver

EVERYONE = replace(UNLIMITED, channel_audience=0)


@pytest.fixture
def driver(new_driver: NewDriver, channel: None) -> UseCaseDriver:
    """A stack whose channel is for every session."""
    return new_driver(EVERYONE)


def row(driver: UseCaseDriver, session_id: str, connection_id: str) -> Listener:
    (found,) = (
        one
        for shard in range(driver.session(session_id).shards)
        for one in driver.container.listeners.page(session_id, shard).listeners
        if one.connection_id == connection_id
    )
    return found


def where(driver: UseCaseDriver, session_id: str, connection_id: str) -> tuple[str, bool]:
    """Return a listener's language and whether it is on the channel. Its row and its connection agree."""
    attachment = driver.connection(connection_id).attachment
    assert attachment is not None
    found = row(driver, session_id, connection_id)
    assert (attachment.target_language, attachment.on_channel) == (found.target_language, found.on_channel)
    return found.target_language, found.on_channel


def test_a_reply_offers_the_channel_of_the_session_and_the_language(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.connect()
    epoch = driver.session(session_id).epoch
    offer = driver.join(listener, session_id, language="fr", address="digest")["channel"]
    tokens = driver.container.channel_tokens
    assert tokens.verify(offer.pop("authorization")) == ChannelClaims(
        f"/sessions/{session_id}-{epoch}/fr", "digest", short_digest(listener)
    )
    assert offer == {
        "service": "appSyncEvents",
        "url": "wss://a6dpdwrvd5.appsync-realtime-api/event/realtime",
        "host": "a6dpdwrvd5.appsync-api.us-east-1.amazonaws.com",
        "name": f"/sessions/{session_id}-{epoch}/fr",
    }


def test_each_reply_has_a_fresh_token(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.connect()
    tokens: set[str] = set()
    for seconds in range(3):
        driver.now = START + seconds
        tokens.add(driver.join(listener, session_id)["channel"]["authorization"])
    assert len(tokens) == 3


def test_a_small_audience_is_offered_nothing(new_driver: NewDriver, channel: None) -> None:
    """It is offered the channel once its listeners have needed more shards than the setting names."""
    driver = new_driver(replace(EVERYONE, channel_audience=20, listeners_per_shard=20, max_listeners=60))
    _, session_id = driver.speaking()
    listener = driver.connect()
    assert "channel" not in driver.join(listener, session_id)
    refused = driver.join(listener, session_id, on_channel=True)
    assert refused.keys().isdisjoint({"channel", "onChannel"})
    assert where(driver, session_id, listener) == ("es", False)
    driver.container.sessions.open_shards(session_id, 2)
    assert "channel" in driver.join(listener, session_id)


def test_a_stack_without_a_channel_ignores_the_wish(new_driver: NewDriver) -> None:
    driver = new_driver(EVERYONE)
    _, session_id = driver.speaking()
    listener = driver.connect()
    reply = driver.join(listener, session_id, on_channel=True)
    assert reply.keys().isdisjoint({"channel", "onChannel"})
    assert where(driver, session_id, listener) == ("es", False)
    assert driver.session(session_id).channel_languages == frozenset()


def test_a_stack_whose_channel_was_removed_ignores_it_in_a_session_that_used_it(
    new_driver: NewDriver,
) -> None:
    driver = new_driver(EVERYONE)
    _, session_id = driver.speaking()
    driver.container.sessions.add_channel_language(driver.session(session_id), "es")
    listener = driver.connect()
    for _ in range(2):
        assert "onChannel" not in driver.join(listener, session_id, on_channel=True)
        assert where(driver, session_id, listener) == ("es", False)


def test_a_new_listener_joins_on_the_channel_at_once(driver: UseCaseDriver) -> None:
    """As a client does whose subscription has outlived its connection."""
    _, session_id = driver.speaking()
    listener = driver.connect()
    assert driver.join(listener, session_id, on_channel=True)["onChannel"] is True
    assert where(driver, session_id, listener) == ("es", True)
    assert driver.session(session_id).channel_languages == {"es"}


def test_a_listener_that_may_not_join_opens_no_channel(new_driver: NewDriver, channel: None) -> None:
    """Each message is published to a channel that has been opened, as long as the session exists."""
    driver = new_driver(replace(EVERYONE, max_listeners=1, limits=Limits(joins_per_minute=3)))
    _, session_id = driver.speaking()
    driver.join(driver.connect(), session_id)
    for language in ("es", "fr"):
        with pytest.raises(SessionFullError):
            driver.join(driver.connect(), session_id, language=language, on_channel=True)
    with pytest.raises(RateLimitedError):
        driver.join(driver.connect(), session_id, on_channel=True)
    assert driver.session(session_id).channel_languages == frozenset()


def test_a_listener_changes_to_the_channel_and_back(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.connect()
    for on_channel in (False, True, True, False, False, True):
        reply = driver.join(listener, session_id, on_channel=on_channel)
        assert reply.get("onChannel", False) is on_channel
        assert where(driver, session_id, listener) == ("es", on_channel)
    assert driver.session(session_id).channel_languages == {"es"}


def test_a_listener_that_changes_its_language_receives_it_on_its_connection(driver: UseCaseDriver) -> None:
    _, session_id = driver.speaking()
    listener = driver.connect()
    driver.join(listener, session_id, on_channel=True)
    reply = driver.join(listener, session_id, language="fr")
    epoch = driver.session(session_id).epoch
    assert reply["channel"]["name"] == f"/sessions/{session_id}-{epoch}/fr"
    assert where(driver, session_id, listener) == ("fr", False)
    driver.join(listener, session_id, language="fr", on_channel=True)
    assert where(driver, session_id, listener) == ("fr", True)
    assert driver.session(session_id).channel_languages == {"es", "fr"}


def test_a_listener_that_leaves_the_channel_frees_its_slot(driver: UseCaseDriver) -> None:
    """And joins directly again, whatever its connection had before."""
    _, session_id = driver.speaking()
    for end in (driver.leave, driver.disconnect):
        listener = driver.connect()
        driver.join(listener, session_id, on_channel=True)
        end(listener)
        assert driver.listener_count(session_id) == 0
        assert driver.listener_ids(session_id) == []
    left = driver.connect()
    driver.join(left, session_id, on_channel=True)
    driver.leave(left)
    driver.join(left, session_id)
    assert where(driver, session_id, left) == ("es", False)


def test_a_listener_of_an_ended_session_joins_another_one_directly(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    listener = driver.connect()
    driver.join(listener, session_id, on_channel=True)
    driver.end(speaker)
    _, other = driver.speaking()
    driver.join(listener, other)
    assert where(driver, other, listener) == ("es", False)


def test_an_ended_session_offers_nothing(driver: UseCaseDriver) -> None:
    speaker, session_id = driver.speaking()
    listener = driver.connect()
    driver.join(listener, session_id)
    position = Position(epoch=driver.session(session_id).epoch, offset=0)
    driver.end(speaker)
    reply = driver.join(listener, session_id, position=position, on_channel=True)
    assert reply["status"] == "ended"
    assert reply.keys().isdisjoint({"channel", "onChannel"})
    with pytest.raises(SessionEndedError):
        driver.join(listener, session_id, on_channel=True)
    assert driver.session(session_id).channel_languages == frozenset()


def test_a_change_of_language_that_read_a_direct_listener_leaves_none_on_the_channel(
    driver: UseCaseDriver,
) -> None:
    """Two requests of one connection at once: the language of one and the channel of the other are no pair
    that a client asked for."""
    _, session_id = driver.speaking()
    listener = driver.connect()
    driver.join(listener, session_id)
    as_read = driver.connection(listener).attachment
    assert as_read is not None
    driver.join(listener, session_id, on_channel=True)
    with pytest.raises(ConditionFailed) as failed:
        driver.container.listeners.retarget(
            connection_id=listener, attachment=as_read, to=replace(as_read, target_language="fr")
        )
    assert failed.value.conditions == {Condition.CONNECTION}
    assert where(driver, session_id, listener) == ("es", True)


@pytest.mark.emulator
def test_a_join_overwrites_the_channel_of_an_attachment_that_a_former_release_removed(
    tables: object, channel: None
) -> None:
    """The former release left onChannel in the connection's item."""
    driver = UseCaseDriver.on_dynamodb(EVERYONE)
    _, session_id = driver.speaking()
    listener = driver.connect()
    call(
        "UpdateItem",
        {
            "TableName": connection_table(),
            "Key": connection_key(listener),
            "UpdateExpression": "SET onChannel = :on",
            "ExpressionAttributeValues": {":on": {"BOOL": True}},
        },
    )
    driver.join(listener, session_id)
    assert where(driver, session_id, listener) == ("es", False)


def test_an_empty_url_is_no_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHANNEL_PUBLISH_URL", "CHANNEL_SUBSCRIBE_URL"):
        monkeypatch.setenv(name, "")
    container = Container()
    assert not container.has_channel
    assert container.audience_channel is container.channel_offers is None


def test_listeners_of_many_languages_change_to_the_channel_at_once(driver: UseCaseDriver) -> None:
    """None of their languages is left out of the session."""
    _, session_id = driver.speaking()
    languages = driver.container.settings.supported_languages
    start = threading.Barrier(len(languages))
    failures: list[BaseException] = []

    def join(language: str) -> None:
        listener = driver.connect()
        start.wait()
        try:
            driver.join(listener, session_id, language=language, on_channel=True)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=join, args=(language,)) for language in languages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert driver.session(session_id).channel_languages == set(languages)


@pytest.mark.parametrize("joined_before", [False, True])
def test_the_session_has_the_language_before_the_row_and_is_read_after_it(
    channel: None, *, joined_before: bool
) -> None:
    """So that a publish after the read finds both (docs/adr/0005)."""
    memory = Memory()
    driver = UseCaseDriver.in_memory(EVERYONE, memory)
    _, session_id = driver.speaking()
    listener = driver.connect()
    if joined_before:
        driver.join(listener, session_id)
        driver.now += 60
    steps: list[str] = []
    memory.before = steps.append
    driver.join(listener, session_id, on_channel=True)
    change = ["sessions.add_channel_language", "listeners.retarget", "sessions.get"]
    first = ["connections.get_with_session", *([] if joined_before else ["listeners.join"])]
    assert steps == first + change
    steps.clear()
    driver.join(driver.connect(), session_id, on_channel=True)
    assert steps[-3:] == ["connections.get_with_session", "listeners.join", "sessions.get"]
    steps.clear()
    driver.join(listener, session_id)
    assert steps == ["connections.get_with_session", "listeners.retarget", "sessions.get"]


def test_a_repeat_of_a_change_that_may_still_run_reads_the_session_again(channel: None) -> None:
    """The two items of the first read are not read at one moment."""
    memory = Memory()
    driver = UseCaseDriver.in_memory(EVERYONE, memory)
    _, session_id = driver.speaking()
    listener = driver.connect()
    driver.join(listener, session_id)
    driver.now += 3600
    driver.join(listener, session_id, on_channel=True)
    steps: list[str] = []
    memory.before = steps.append
    driver.join(listener, session_id, on_channel=True)
    assert steps == ["connections.get_with_session", "sessions.get"]
    driver.now += 60
    driver.join(listener, session_id, on_channel=True)
    assert steps[2:] == ["connections.get_with_session"]


@pytest.mark.emulator
def test_an_append_fails_if_the_channel_has_another_language_by_now(tables: object, channel: None) -> None:
    driver = UseCaseDriver.on_dynamodb(EVERYONE)
    speaker, session_id = driver.speaking()
    outdated = driver.session(session_id)
    driver.join(driver.connect(), session_id, on_channel=True)
    with pytest.raises(ConditionFailed) as failed:
        append(driver, outdated, speaker)
    assert failed.value.session == driver.session(session_id)
    append(driver, driver.session(session_id), speaker)
    assert driver.session(session_id).head == 1


def append(driver: UseCaseDriver, session: Session, speaker: str) -> None:
    entry = an_entry(session, driver.now)
    by = SpeakerAuthority(connection_id=speaker, generation=session.generation)
    driver.container.message_log.append(entry, to=session, by=by, request=None)


def an_entry(session: Session, now: int) -> Entry:
    return Entry(
        session_id=session.session_id,
        epoch=session.epoch,
        offset=session.head + 1,
        published_at=now,
        body=None,
    )


def test_without_a_channel_an_append_names_no_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that has no channel makes the writes that it made before there were channels."""
    monkeypatch.setenv("SESSIONS_TABLE", "sessions")
    by = SpeakerAuthority(connection_id="c", generation=1)
    for session in (SESSION, replace(SESSION, channel_languages=frozenset({"es"}))):
        written = raise_head(an_entry(session, START), session, by, has_channel=False)
        assert "channel" not in str(written.arguments).lower()


def test_an_item_of_a_former_release_has_no_channel() -> None:
    item = {
        "sessionId": "caring-king-275",
        "ownerId": "user",
        "status": "active",
        "sourceLanguage": "en",
        "quality": "standard",
        "capacity": 10,
        "shards": 1,
        "epoch": "0123abcd",
        "head": 0,
        "generation": 1,
        "createdAt": 1000,
        "expiresAt": 2000,
        "ttl": 2500,
        "version": 1,
        "rateWindow": 0,
        "rateCount": 0,
    }
    assert to_session(item).channel_languages == frozenset()
    assert to_session({**item, "channelLanguages": "es fr"}).channel_languages == {"es", "fr"}

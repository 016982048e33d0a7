"""What the sender makes of API Gateway's answers, and that no connection is in another's way."""

import ssl
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.aws.credentials import Credentials, CredentialsUnavailableError
from adapters.management_api.sender import BlockingSender, Sender
from adapters.management_api.sender_limits import RetrySchedule, SenderLimits
from benchmarks.certificate import make_certificate, server_context
from domain.deadline import Deadline
from domain.delivery import Delivery, Outcome, PushConfigurationError
from tests.support.fake_management_api import Answer, Got, ManagementApi, management_api

CREDENTIALS = Credentials(access_key="AKIDEXAMPLE", secret_key="secret", token="token")
QUICK = SenderLimits(
    response_timeout_seconds=0.2,
    connect_timeout_seconds=0.2,
    on_failure=RetrySchedule(attempts=3, first_wait_seconds=0.001, max_wait_seconds=0.001),
    on_throttling=RetrySchedule(attempts=6, first_wait_seconds=0.001, max_wait_seconds=0.001),
)


@contextmanager
def sender_to(
    url: str, limits: SenderLimits = QUICK, tls: ssl.SSLContext | None = None
) -> Generator[BlockingSender]:
    """A sender, closed after."""
    sender = BlockingSender(
        lambda: Sender(url, region="us-east-1", credentials=lambda: CREDENTIALS, limits=limits, tls=tls)
    )
    try:
        yield sender
    finally:
        sender.close()


def one(connection_id: str, *payloads: bytes) -> Delivery:
    return Delivery(connection_id, payloads or (b'{"n":1}',))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (400, Outcome.GONE),
        (410, Outcome.GONE),
        (413, Outcome.TOO_LARGE),
        (429, Outcome.THROTTLED),
        (500, Outcome.UNREACHABLE),
        (504, Outcome.UNREACHABLE),
    ],
)
def test_each_status_has_its_outcome(status: int, outcome: Outcome) -> None:
    """And what may pass is tried three times, throttling more often; what will not pass is tried once."""
    with management_api(ManagementApi(lambda _: Answer(status=status))) as api, sender_to(api.url) as sender:
        assert sender.deliver([one("id")]) == [outcome]
        assert len(api.requests) == {Outcome.UNREACHABLE: 3, Outcome.THROTTLED: 6}.get(outcome, 1)


def test_an_account_that_is_throttled_for_a_while_loses_no_listener() -> None:
    """With the limits in use: each connection is refused three times before it is served."""
    refused: Counter[str] = Counter()

    def answer(got: Got) -> Answer:
        refused[got.connection_id] += 1
        return Answer(status=429 if refused[got.connection_id] <= 3 else 200)

    audience = [one(f"listener-{number}") for number in range(60)]
    with management_api(ManagementApi(answer)) as api, sender_to(api.url, SenderLimits()) as sender:
        assert sender.deliver(audience) == [Outcome.DELIVERED] * 60


def test_throttling_and_silence_are_counted_apart() -> None:
    """A connection that is throttled five times and silent twice has been given up by neither schedule."""
    answers = iter([Answer(status=429), Answer(status=503)] * 2 + [Answer(status=429)] * 3 + [Answer()])
    with management_api(ManagementApi(lambda _: next(answers))) as api, sender_to(api.url) as sender:
        assert sender.deliver([one("id")]) == [Outcome.DELIVERED]


def test_a_call_starts_no_attempt_after_its_deadline() -> None:
    """A connection that is not served by then is worth another call: nothing says that it is unreachable."""
    limits = replace(QUICK, deliver_seconds=0.0, disconnect_seconds=0.0)
    with management_api() as api, sender_to(api.url, limits) as sender:
        assert sender.deliver([one("a"), one("b")]) == [Outcome.OUT_OF_TIME] * 2
        assert sender.disconnect(["a"]) == [Outcome.OUT_OF_TIME]
        assert api.requests == []


@pytest.mark.parametrize(
    ("status", "outcome"), [(429, Outcome.THROTTLED), (500, Outcome.OUT_OF_TIME)], ids=["throttled", "failed"]
)
def test_a_retry_for_which_there_is_no_time_leaves_what_is_known(status: int, outcome: Outcome) -> None:
    """A refusal is one. One failure of the attempts that a connection has is no verdict."""
    long = RetrySchedule(attempts=3, first_wait_seconds=3600.0, max_wait_seconds=3600.0)
    limits = replace(QUICK, on_failure=long, on_throttling=long)
    with (
        management_api(ManagementApi(lambda _: Answer(status=status))) as api,
        sender_to(api.url, limits) as sender,
    ):
        assert sender.deliver([one("a")]) == [outcome]
        assert len(api.requests) == 1


def test_payloads_for_which_there_is_no_time_are_not_throttled() -> None:
    """The first payload of each delivery takes the time of the call. No connection refused anything."""
    limits = replace(QUICK, deliver_seconds=0.2)
    audience = [one(f"listener-{number}", b"1", b"2") for number in range(20)]
    with (
        management_api(ManagementApi(lambda _: Answer(delay=0.3))) as api,
        sender_to(api.url, limits) as sender,
    ):
        assert sender.deliver(audience, retry_throttled=False) == [Outcome.OUT_OF_TIME] * 20
        assert len(api.requests) == 20


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_caller_is_a_configuration_error(status: int) -> None:
    """It is nobody's connection that fails, so no connection is taken for gone."""
    with (
        management_api(ManagementApi(lambda _: Answer(status=status))) as api,
        sender_to(api.url) as sender,
        pytest.raises(PushConfigurationError, match=str(status)),
    ):
        sender.deliver([one("a"), one("b")])


def test_without_credentials_nothing_is_pushed() -> None:
    """It is nobody's connection that fails, so no connection is taken for gone."""

    def unavailable() -> Credentials:
        raise CredentialsUnavailableError("the credentials could not be fetched")

    with management_api() as api:
        sender = BlockingSender(lambda: Sender(api.url, region="us-east-1", credentials=unavailable))
        with pytest.raises(PushConfigurationError, match="credentials"):
            sender.deliver([one("a")])
        sender.close()
        assert api.requests == []


@pytest.mark.parametrize(
    "first", [Answer(status=429), Answer(status=503), Answer(drop=True), Answer(delay=1)]
)
def test_a_transient_failure_is_retried(first: Answer) -> None:
    """Throttling, a failing server, a lost connection, silence: then 200."""
    seen: list[Got] = []

    def answer(got: Got) -> Answer:
        seen.append(got)
        return first if len(seen) == 1 else Answer()

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        assert sender.deliver([one("id")]) == [Outcome.DELIVERED]
        assert len(api.requests) == 2


def test_an_id_is_percent_encoded() -> None:
    """API Gateway's ids end in `=`; whatever an id is, it stays one segment of the path."""
    ids = ["L0SM9cOFvHcCIhw=", "a/b", "ü %2F?#"]
    with management_api() as api, sender_to(api.url) as sender:
        sender.deliver([one(connection_id) for connection_id in ids])
        assert sorted(got.connection_id for got in api.requests) == sorted(ids)


def test_outcomes_are_in_the_order_of_the_deliveries() -> None:
    """Also where some are tried again and others fail."""

    def answer(got: Got) -> Answer:
        return Answer(status={"gone": 410, "failing": 500}.get(got.connection_id, 200))

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        outcomes = sender.deliver([one("a"), one("failing"), one("b"), one("gone"), one("c")])
    assert outcomes == [
        Outcome.DELIVERED,
        Outcome.UNREACHABLE,
        Outcome.DELIVERED,
        Outcome.GONE,
        Outcome.DELIVERED,
    ]


def test_payloads_of_one_connection_arrive_in_order_one_at_a_time() -> None:
    """Also through an attempt that fails on the way."""
    failed: list[bytes] = []

    def answer(got: Got) -> Answer:
        if got.body == b"3" and not failed:
            failed.append(got.body)
            return Answer(status=429)
        return Answer(delay=0.001)

    payloads = [str(number).encode() for number in range(8)]
    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        assert sender.deliver([one("a", *payloads), one("b", *payloads)]) == [Outcome.DELIVERED] * 2
        arrived = [got.body for got in api.posted("a")]
    assert sorted(set(arrived)) == payloads
    assert arrived == sorted(arrived)
    assert set(api.most_at_once.values()) == {1}


def test_a_delivery_stops_at_its_first_failure() -> None:
    """What comes after a payload that was not delivered would only tear a gap."""

    def answer(got: Got) -> Answer:
        return Answer(status=410 if got.body == b"2" else 200)

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        assert sender.deliver([one("a", b"1", b"2", b"3")]) == [Outcome.GONE]
        assert [got.body for got in api.requests] == [b"1", b"2"]


def test_silent_connections_delay_no_others() -> None:
    """Everyone else has their push before the first silent one is given up."""
    silent = {f"silent-{number}" for number in range(20)}
    everyone = [*sorted(silent), *(f"listener-{number}" for number in range(200))]

    def answer(got: Got) -> Answer:
        return Answer(delay=5.0) if got.connection_id in silent else Answer()

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        outcomes = dict(zip(everyone, sender.deliver([one(name) for name in everyone]), strict=True))
        order = [got.connection_id for got in api.requests]
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.UNREACHABLE} == silent
    last_listener = max(index for index, name in enumerate(order) if name not in silent)
    first_retry = min(index for index, name in enumerate(order) if name in silent and name in order[:index])
    assert last_listener < first_retry


def test_connections_are_kept_and_replaced_when_the_server_closes_them() -> None:
    """A kept connection that the server has closed meanwhile costs no attempt."""
    limits = SenderLimits(
        max_concurrent=1, on_failure=RetrySchedule(attempts=1, first_wait_seconds=0, max_wait_seconds=0)
    )
    api = ManagementApi()
    with management_api(api), sender_to(api.url, limits) as sender:
        for _ in range(5):
            assert sender.deliver([one("a")]) == [Outcome.DELIVERED]
        assert api.opened == 1
        api.answer = lambda _: Answer(close_after=True)
        for _ in range(3):
            assert sender.deliver([one("a")]) == [Outcome.DELIVERED]
    assert api.opened > 1


def test_sockets_that_fell_silent_while_the_function_was_frozen_cost_one_attempt_together() -> None:
    """Whatever dropped one of them without a word has dropped all that were kept as long."""
    api = ManagementApi(lambda _: Answer(delay=0.05))
    with management_api(api), sender_to(api.url) as sender:
        sender.deliver([one(name) for name in "abcd"])
        kept = api.opened
        assert kept >= QUICK.on_failure.attempts
        api.answer = lambda got: Answer(delay=5.0 if got.socket <= kept else 0.0)
        assert sender.deliver([one("a")]) == [Outcome.DELIVERED]


def test_throttled_listeners_do_not_open_a_socket_each() -> None:
    """A function has some thousand file descriptors; those who wait for another attempt share a few."""
    limits = replace(QUICK, max_concurrent=4, max_concurrent_retries=8)
    seen: set[str] = set()

    def answer(got: Got) -> Answer:
        first = got.connection_id not in seen
        seen.add(got.connection_id)
        return Answer(status=429) if first else Answer(delay=0.01)

    audience = [one(f"listener-{number}") for number in range(100)]
    with management_api(ManagementApi(answer)) as api, sender_to(api.url, limits) as sender:
        assert sender.deliver(audience) == [Outcome.DELIVERED] * 100
        assert api.opened <= 12


def test_a_client_that_does_not_read_is_tried_once_and_nobody_waits_for_it() -> None:
    audience = [one(f"listener-{number}", b"1", b"2") for number in range(100)]
    stalled = "listener-40"

    def answer(got: Got) -> Answer:
        return Answer(status=429 if got.connection_id == stalled else 200)

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        outcomes = sender.deliver(audience, retry_throttled=False)
        assert len(api.posted(stalled)) == 1
        assert [len(api.posted(each.connection_id)) for each in audience].count(2) == 99
    assert outcomes.count(Outcome.DELIVERED) == 99
    assert outcomes[40] is Outcome.THROTTLED


@pytest.mark.parametrize(
    ("throttled", "audience", "attempts"),
    [
        pytest.param(9, 9, 1, id="a small audience"),
        pytest.param(10, 20, 1, id="half of it"),
        pytest.param(11, 20, 6, id="most of it"),
    ],
)
def test_throttled_deliveries_are_retried_where_most_of_many_are(
    throttled: int, audience: int, attempts: int
) -> None:
    ids = [f"listener-{number}" for number in range(audience)]
    refused = frozenset(ids[:throttled])

    def answer(got: Got) -> Answer:
        return Answer(status=429 if got.connection_id in refused else 200)

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        outcomes = sender.deliver([one(each) for each in ids], retry_throttled=False)
        assert [len(api.posted(each)) for each in ids[:throttled]] == [attempts] * throttled
    assert outcomes == [Outcome.THROTTLED] * throttled + [Outcome.DELIVERED] * (audience - throttled)


def test_a_server_error_followed_by_throttling_is_not_retried() -> None:
    statuses = iter([500, 429])
    with (
        management_api(ManagementApi(lambda _: Answer(status=next(statuses)))) as api,
        sender_to(api.url) as sender,
    ):
        assert sender.deliver([one("id")], retry_throttled=False) == [Outcome.THROTTLED]
        assert len(api.requests) == 2


def test_a_refused_connection_is_unreachable() -> None:
    """After bounded attempts, and without an exception."""
    with management_api() as api:
        url = api.url
    with sender_to(url) as sender:
        assert sender.deliver([one("a")]) == [Outcome.UNREACHABLE]


def test_disconnect_ignores_a_connection_that_no_longer_exists() -> None:
    """204 and 410 are equally good."""

    def answer(got: Got) -> Answer:
        return Answer(status=410 if got.connection_id == "gone" else 204)

    with management_api(ManagementApi(answer)) as api, sender_to(api.url) as sender:
        assert sender.disconnect(["a=", "gone"]) == [Outcome.DELIVERED, Outcome.GONE]
        assert sorted(api.deleted()) == ["a=", "gone"]


def test_disconnect_returns_which_connections_it_could_not_close() -> None:
    with management_api(ManagementApi(lambda _: Answer(status=429))) as api, sender_to(api.url) as sender:
        assert sender.disconnect(["a"]) == [Outcome.THROTTLED]


def test_nothing_to_send_opens_nothing() -> None:
    """An empty audience costs no connection."""
    with management_api() as api, sender_to(api.url) as sender:
        assert sender.deliver([]) == []
        assert sender.disconnect([]) == []
        assert api.opened == 0


def test_rotated_credentials_are_used_at_once() -> None:
    """Each call asks for the credentials of the moment."""
    keys = iter(["FIRST", "SECOND"])
    with management_api() as api:
        sender = BlockingSender(
            lambda: Sender(
                api.url,
                region="us-east-1",
                credentials=lambda: Credentials(access_key=next(keys), secret_key="s"),
            )
        )
        sender.deliver([one("a")])
        sender.deliver([one("a")])
        sender.close()
    assert ["FIRST/" in api.requests[0].headers["authorization"]] == [True]
    assert ["SECOND/" in api.requests[1].headers["authorization"]] == [True]


def test_tls_is_verified(tmp_path: Path) -> None:
    """A certificate that is trusted will do; one that is not ends every push."""
    certificate = make_certificate(tmp_path)
    with management_api(tls=server_context(certificate)) as api:
        url = api.url.replace("http:", "https:")
        with sender_to(url, tls=ssl.create_default_context(cafile=str(certificate))) as sender:
            assert sender.deliver([one("a")]) == [Outcome.DELIVERED]
        with sender_to(url) as sender, pytest.raises(PushConfigurationError, match="TLS"):
            sender.deliver([one("a")])


def test_no_attempt_starts_that_may_outlast_the_deadline_of_the_request() -> None:
    """What is not attempted is out of time, so that the queue gets it."""
    deadline = Deadline()
    with management_api() as api:
        sender = BlockingSender(
            lambda: Sender(
                api.url, region="us-east-1", credentials=lambda: CREDENTIALS, limits=QUICK, deadline=deadline
            )
        )
        with deadline.within(QUICK.attempt_seconds / 2):
            assert sender.deliver([one("a"), one("b")]) == [Outcome.OUT_OF_TIME] * 2
            assert sender.disconnect(["a"]) == [Outcome.OUT_OF_TIME]
        with deadline.within(QUICK.attempt_seconds + 60):
            assert sender.deliver([one("a")]) == [Outcome.DELIVERED]
        sender.close()
        assert len(api.requests) == 1

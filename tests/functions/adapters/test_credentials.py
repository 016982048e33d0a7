"""Credentials from the environment, and from the endpoint that a function with SnapStart has."""

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import ContainerProvider
from botocore.exceptions import CredentialRetrievalError
from botocore.utils import ContainerMetadataFetcher

from adapters.aws import container_credentials
from adapters.aws.container_credentials import (
    ATTEMPTS,
    RENEW_SECONDS,
    RETRY_SECONDS,
    TIMEOUT_SECONDS,
    ContainerCredentials,
    shared_credentials,
)
from adapters.aws.credentials import Credentials, CredentialsUnavailableError, LambdaCredentials
from domain.deadline import request_deadline
from tests.support.aws_server import AwsServer, Received, Reply, aws_server

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
FIRST = Credentials(access_key="AKIA1", secret_key="one", token="t1")
SECOND = Credentials(access_key="AKIA2", secret_key="two", token="t2")
WAIT_SECONDS = 30.0


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    """The endpoint; the environment has no key pair."""
    with aws_server() as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        shared_credentials.cache_clear()
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/2021/credentials?v=1")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-authorization")
        yield server


@dataclass
class Time:
    """A clock that only the test and the pauses move."""

    now: float = 1_800_000_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def reader(endpoint: AwsServer, clock: Time) -> ContainerCredentials:
    return ContainerCredentials(
        f"{endpoint.url}/creds", "the-authorization", clock=lambda: clock.now, sleep=clock.sleep
    )


def provided(credentials: Credentials, valid_seconds: float, now: float | None = None) -> Reply:
    """The endpoint's document, as Lambda's endpoint writes it."""
    expiry = datetime.fromtimestamp((time.time() if now is None else now) + valid_seconds, UTC)
    return Reply(
        document={
            "AccessKeyId": credentials.access_key,
            "SecretAccessKey": credentials.secret_key,
            "Token": credentials.token,
            "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = LambdaCredentials()
    for one in (FIRST, SECOND):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", one.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", one.secret_key)
        monkeypatch.setenv("AWS_SESSION_TOKEN", one.token or "")
        assert credentials() == one


def test_the_endpoint_is_asked_once_until_its_credentials_expire_soon(endpoint: AwsServer) -> None:
    endpoint.replies = [provided(FIRST, 3600)]
    credentials = LambdaCredentials()
    assert [credentials() for _ in range(3)] == [FIRST] * 3
    (asked,) = endpoint.received
    assert (asked.method, asked.path) == ("GET", "/2021/credentials?v=1")
    assert asked.headers["authorization"] == "the-authorization"


def test_all_clients_of_an_instance_ask_the_endpoint_once(endpoint: AwsServer) -> None:
    endpoint.replies = [provided(FIRST, 3600), provided(SECOND, 3600)]
    assert [LambdaCredentials()() for _ in range(3)] == [FIRST] * 3
    assert len(endpoint.received) == 1


def test_a_restored_instance_uses_no_credentials_of_its_snapshot(
    endpoint: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.replies = [provided(FIRST, 3600), provided(SECOND, 3600)]
    credentials = LambdaCredentials()
    assert credentials() == FIRST
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-restored-instance")
    assert credentials() == SECOND
    assert endpoint.received[1].headers["authorization"] == "of-the-restored-instance"


def test_credentials_that_expire_soon_are_renewed(endpoint: AwsServer) -> None:
    clock = Time()
    endpoint.replies = [provided(FIRST, 3600, clock.now), provided(SECOND, 7200, clock.now)]
    credentials = reader(endpoint, clock)
    assert credentials() == FIRST
    clock.now += 3600 - RENEW_SECONDS - 1
    assert credentials() == FIRST
    clock.now += 1
    assert [credentials() for _ in range(2)] == [SECOND] * 2
    assert len(endpoint.received) == 2


def test_credentials_serve_to_their_end_if_the_endpoint_fails(endpoint: AwsServer) -> None:
    clock = Time()
    endpoint.replies = [provided(FIRST, 3600, clock.now), Reply(status=500)]
    credentials = reader(endpoint, clock)
    assert credentials() == FIRST
    clock.now += 3600 - RENEW_SECONDS
    assert [credentials() for _ in range(3)] == [FIRST] * 3
    assert len(endpoint.received) == 2
    clock.now += RETRY_SECONDS
    assert credentials() == FIRST
    assert len(endpoint.received) == 3
    clock.now += RENEW_SECONDS
    with pytest.raises(CredentialsUnavailableError):
        credentials()


def test_renewed_credentials_that_expire_soon_are_not_asked_for_at_each_call(endpoint: AwsServer) -> None:
    clock = Time()
    endpoint.replies = [
        provided(FIRST, RENEW_SECONDS / 2, clock.now),
        provided(SECOND, RENEW_SECONDS / 2, clock.now),
    ]
    credentials = reader(endpoint, clock)
    assert [credentials() for _ in range(3)] == [FIRST] * 3
    assert len(endpoint.received) == 1
    clock.now += RETRY_SECONDS
    assert [credentials() for _ in range(3)] == [SECOND] * 3
    assert len(endpoint.received) == 2


class SlowEndpoint:
    """Holds the endpoint's replies back until the test releases them."""

    def __init__(self, endpoint: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_asked = threading.Event()
        self.release = threading.Event()
        reply = endpoint.next_reply

        def wait_and_reply(received: Received) -> Reply:
            self.is_asked.set()
            self.release.wait()
            return reply(received)

        monkeypatch.setattr(endpoint, "next_reply", wait_and_reply)


def test_former_credentials_serve_while_another_thread_renews_them(
    endpoint: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_credentials, "TIMEOUT_SECONDS", WAIT_SECONDS)
    clock = Time()
    endpoint.replies = [provided(FIRST, 3600, clock.now), provided(SECOND, 7200, clock.now)]
    credentials = reader(endpoint, clock)
    assert credentials() == FIRST
    clock.now += 3600 - RENEW_SECONDS
    slow = SlowEndpoint(endpoint, monkeypatch)
    with ThreadPoolExecutor() as workers:
        renewing = workers.submit(credentials)
        assert slow.is_asked.wait(WAIT_SECONDS)
        others = [workers.submit(credentials) for _ in range(3)]
        try:
            assert [other.result(WAIT_SECONDS) for other in others] == [FIRST] * 3
        finally:
            slow.release.set()
        assert renewing.result(WAIT_SECONDS) == SECOND
    assert credentials() == SECOND
    assert len(endpoint.received) == 2


def test_threads_that_need_the_first_credentials_ask_the_endpoint_once(
    endpoint: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_credentials, "TIMEOUT_SECONDS", WAIT_SECONDS)
    endpoint.replies = [provided(FIRST, 3600), provided(SECOND, 3600)]
    slow = SlowEndpoint(endpoint, monkeypatch)
    threads = 8
    together = threading.Barrier(threads + 1)

    def ask() -> Credentials:
        together.wait(WAIT_SECONDS)
        return LambdaCredentials()()

    with ThreadPoolExecutor(threads) as workers:
        asking = [workers.submit(ask) for _ in range(threads)]
        together.wait(WAIT_SECONDS)
        assert slow.is_asked.wait(WAIT_SECONDS)
        slow.release.set()
        assert [one.result(WAIT_SECONDS) for one in asking] == [FIRST] * threads
    assert len(endpoint.received) == 1


def test_the_endpoint_is_not_asked_if_the_request_has_too_little_time(endpoint: AwsServer) -> None:
    clock = Time()
    endpoint.replies = [provided(FIRST, 3600, clock.now)]
    credentials = reader(endpoint, clock)
    with request_deadline.within(TIMEOUT_SECONDS), pytest.raises(CredentialsUnavailableError):
        credentials()
    assert endpoint.received == []
    assert credentials() == FIRST
    clock.now += 3600 - RENEW_SECONDS
    with request_deadline.within(TIMEOUT_SECONDS):
        assert credentials() == FIRST
    assert len(endpoint.received) == 1


FAULTS = [Reply(status=500), Reply(status=403), Reply(document="?"), Reply(is_dropped=True)]


@pytest.mark.parametrize("faults", range(ATTEMPTS + 1))
@pytest.mark.parametrize("fault", FAULTS, ids=["500", "403", "no JSON", "dropped"])
def test_the_endpoint_is_read_as_botocore_reads_it(endpoint: AwsServer, fault: Reply, faults: int) -> None:
    """Both get the same credentials after the same number of requests, or both fail."""
    endpoint.replies = [fault] * faults + [provided(FIRST, 3600)]
    expected = of_botocore(endpoint)
    asked = [(one.method, one.path, one.headers["authorization"]) for one in endpoint.received]
    endpoint.received = []
    try:
        found = LambdaCredentials()()
    except CredentialsUnavailableError:
        found = None
    assert found == expected
    assert [(one.method, one.path, one.headers["authorization"]) for one in endpoint.received] == asked


def of_botocore(endpoint: AwsServer) -> Credentials | None:
    """Return what botocore reads from the endpoint without its pauses, or None if it fails."""
    environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint.url}/2021/credentials?v=1",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "the-authorization",
    }

    def no_pause(seconds: float) -> None:
        """Botocore waits a second."""

    fetcher: Any = ContainerMetadataFetcher(sleep=no_pause)
    provider: Any = ContainerProvider(environ=environment, fetcher=fetcher)
    try:
        read = provider.load().get_frozen_credentials()
    except CredentialRetrievalError:
        return None
    return Credentials(access_key=read.access_key, secret_key=read.secret_key, token=read.token)


def test_a_function_with_a_key_pair_does_not_import_the_reader_of_the_endpoint() -> None:
    program = (
        "import sys\nfrom adapters.aws.credentials import LambdaCredentials\nLambdaCredentials()()\n"
        "assert 'adapters.aws.container_credentials' not in sys.modules\n"
    )
    environment = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "one", "PYTHONPATH": str(FUNCTIONS)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("reply", [Reply(status=403), Reply(document="?"), Reply(), Reply(is_dropped=True)])
def test_an_endpoint_without_credentials_is_an_error(endpoint: AwsServer, reply: Reply) -> None:
    endpoint.replies = [reply]
    with pytest.raises(CredentialsUnavailableError, match="fetched"):
        LambdaCredentials()()


def test_an_environment_without_either_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CredentialsUnavailableError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        LambdaCredentials()()

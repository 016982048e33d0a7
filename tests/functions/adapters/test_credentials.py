"""Credentials from the environment, and from the endpoint that a function with SnapStart has."""

import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import ContainerProvider
from botocore.exceptions import CredentialRetrievalError
from botocore.utils import ContainerMetadataFetcher

from adapters.aws.container_credentials import (
    ATTEMPTS,
    RENEW_SECONDS,
    RETRY_SECONDS,
    ContainerCredentials,
    container_credentials,
)
from adapters.aws.credentials import Credentials, CredentialsUnavailableError, LambdaCredentials
from tests.support.aws_server import AwsServer, Reply, aws_server

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
FIRST = Credentials(access_key="AKIA1", secret_key="one", token="t1")
SECOND = Credentials(access_key="AKIA2", secret_key="two", token="t2")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    """The endpoint; the environment has no key pair."""
    with aws_server() as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        container_credentials.cache_clear()
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
    assert len(endpoint.received) == 1 + ATTEMPTS
    clock.now += RETRY_SECONDS
    assert credentials() == FIRST
    assert len(endpoint.received) == 1 + 2 * ATTEMPTS
    clock.now += RENEW_SECONDS
    with pytest.raises(CredentialsUnavailableError):
        credentials()


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

"""Credentials from the environment, and from the endpoint that a function with SnapStart has."""

import time
from collections.abc import Generator
from datetime import UTC, datetime

import pytest

from adapters.aws.credentials import Credentials, CredentialsUnavailableError, LambdaCredentials
from tests.support.aws_server import AwsServer, Reply, aws_server

FIRST = Credentials(access_key="AKIA1", secret_key="one", token="t1")
SECOND = Credentials(access_key="AKIA2", secret_key="two", token="t2")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    """The endpoint; the environment has no key pair."""
    with aws_server() as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/2021/credentials?v=1")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-authorization")
        yield server


def provided(credentials: Credentials, valid_seconds: float) -> Reply:
    """The endpoint's document, as Lambda's endpoint writes it."""
    expiry = datetime.fromtimestamp(time.time() + valid_seconds, UTC)
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


def test_credentials_that_expire_soon_are_renewed(endpoint: AwsServer) -> None:
    endpoint.replies = [provided(FIRST, 60), provided(SECOND, 3600)]
    credentials = LambdaCredentials()
    assert [credentials() for _ in range(3)] == [FIRST, SECOND, SECOND]


def test_credentials_serve_to_their_end_if_the_endpoint_fails(endpoint: AwsServer) -> None:
    endpoint.replies = [provided(FIRST, 60), Reply(status=500)]
    credentials = LambdaCredentials()
    assert [credentials() for _ in range(2)] == [FIRST, FIRST]
    endpoint.replies, endpoint.received = [provided(FIRST, -1), Reply(status=500)], []
    expired = LambdaCredentials()
    expired()
    with pytest.raises(CredentialsUnavailableError):
        expired()


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

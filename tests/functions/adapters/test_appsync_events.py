"""The audience's channel on AppSync Events: its requests, their limits, and what counts as a failure."""

import json
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.appsync_events import MAX_EVENTS, MAX_REQUEST_BYTES, AppSyncChannel, requests_of
from domain.errors import UnavailableError
from tests.support.aws_server import AwsServer, Reply, aws_server
from wire.pushes import MAX_PUSH_BYTES, encode

PUBLISHED = Reply(document={"failed": [], "successful": [{"identifier": "a", "index": 0}]})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsServer]:
    for name, value in (
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session token"),
    ):
        monkeypatch.setenv(name, value)
    with aws_server() as served:
        served.replies = [PUBLISHED]
        yield served


def publish(server: AwsServer, *payloads: bytes, path: str = "/event") -> None:
    AppSyncChannel(f"{server.url}{path}").publish("/sessions/caring-king-275-0123abcd/es", payloads)


def bodies(server: AwsServer) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in server.received]


def test_a_request_names_the_channel_and_has_each_push_as_json_text(server: AwsServer) -> None:
    pushes = [{"type": "message", "data": 'ñandú "quoted" \U0001f600'}, {"type": "sessionEnded"}]
    publish(server, *map(encode, pushes))
    (body,) = bodies(server)
    assert body["channel"] == "/sessions/caring-king-275-0123abcd/es"
    assert [json.loads(event) for event in body["events"]] == pushes


@pytest.mark.parametrize("path", ["/event", "/_aws/appsync/a6dpdwrvd5/event"])
def test_a_request_is_signed_for_appsync(server: AwsServer, path: str) -> None:
    publish(server, b"{}", path=path)
    (got,) = server.received
    assert (got.method, got.path) == ("POST", path)
    assert got.headers["content-type"] == "application/json"
    signed = {name: got.headers[name] for name in ("host", "x-amz-date", "x-amz-security-token")}
    request = AWSRequest(method="POST", url=f"{server.url}{path}", data=got.body, headers=signed)
    request.context["timestamp"] = got.headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret", "session token"), "appsync", "eu-central-1")
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    assert got.headers["authorization"].endswith(f"Signature={expected}")
    assert abs(datetime.strptime(got.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
               - datetime.now(UTC).timestamp()) < 3600  # fmt: skip


def test_more_pushes_than_a_request_takes_are_several_in_order(server: AwsServer) -> None:
    publish(server, *(encode({"offset": number}) for number in range(2 * MAX_EVENTS + 1)))
    sent = [[json.loads(event)["offset"] for event in body["events"]] for body in bodies(server)]
    assert sent == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10]]


@given(st.lists(st.text('"\\\u00fc\U0001f600a', max_size=8), max_size=12), st.integers(1, 4_000))
def test_every_request_is_within_the_limits(data: list[str], repeats: int) -> None:
    """An escape of a frame is escaped again, which makes an event at most twice as large as the frame."""
    pushes = [encode({"data": one * repeats})[:MAX_PUSH_BYTES].decode(errors="ignore") for one in data]
    events = [json.dumps(push, ensure_ascii=False) for push in pushes]
    requests = list(requests_of(events))
    assert [event for request in requests for event in request] == events
    assert all(1 <= len(request) <= MAX_EVENTS for request in requests)
    assert all(sum(len(event.encode()) for event in request) <= MAX_REQUEST_BYTES for request in requests)


def test_text_is_sent_as_utf_8(server: AwsServer) -> None:
    """A character takes no more bytes than in the frame."""
    publish(server, encode({"data": "ñ"}))
    assert "ñ".encode() in server.received[0].body


def test_the_largest_frame_fits_into_a_request() -> None:
    """Even one of which JSON escapes every character a second time."""
    largest = json.dumps('\\"' * (MAX_PUSH_BYTES // 2))
    assert len(largest.encode()) < MAX_REQUEST_BYTES


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, document={"errors": [{"errorType": "ForbiddenException"}]}),
        Reply(status=400, document={}),
        Reply(document={"failed": [{"identifier": "a", "index": 0, "code": 500}], "successful": []}),
        Reply(document="no JSON"),
        Reply(document={}),
    ],
    ids=["forbidden", "bad request", "failed event", "no JSON", "no result"],
)
def test_a_refusal_is_a_failure_at_once(server: AwsServer, reply: Reply) -> None:
    server.replies = [reply]
    with pytest.raises(UnavailableError):
        publish(server, b"{}")
    assert len(server.received) == 1


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(status=503), Reply(is_dropped=True)])
def test_a_passing_failure_is_left_to_the_queue(server: AwsServer, reply: Reply) -> None:
    server.replies = [reply, PUBLISHED]
    with pytest.raises(UnavailableError):
        publish(server, b"{}")
    assert len(server.received) == 1


def test_what_follows_a_failed_request_is_not_published_before_it(server: AwsServer) -> None:
    server.replies = [PUBLISHED, Reply(status=400)]
    with pytest.raises(UnavailableError):
        publish(server, *([b"{}"] * 3 * MAX_EVENTS))
    assert len(server.received) == 2

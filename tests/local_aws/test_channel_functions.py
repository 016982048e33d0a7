"""The functions' part of the audience's channel on an Event API: their tokens, authorizer and requests."""

import base64
import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from adapters.appsync_events import AppSyncChannel
from domain.channel import ChannelOffer, ChannelOffers, ChannelTokens, channel_name
from domain.digest import derived_key, use_key
from domain.errors import UnavailableError
from domain.model import Caller
from domain.settings import Settings
from pulumi_local_aws.aws import client
from pulumi_local_aws.event_apis import SUBPROTOCOL
from pulumi_local_aws.ministack import REGION, MiniStack
from tests.local_aws.emulated_function import emulated_function
from tests.support.example_session import SESSION
from websocket_sessions.archives import Target, build

pytestmark = pytest.mark.emulator

NAME = "channel-functions"
KEY = "key of a stack"
REPOSITORY = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Stack:
    """An Event API as the component makes it, with the real authorizer, and a function that may publish."""

    dns: dict[str, str]
    offers: ChannelOffers
    publisher: AppSyncChannel

    def offer(self, language: str = "es") -> ChannelOffer:
        caller = Caller(connection_id="connection", subject=None, address="address")
        return self.offers.offer(SESSION, language, caller)


@pytest.fixture(scope="module")
def authorizer(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The deployed function `authorize_channel`; its ARN."""
    archive = build(
        REPOSITORY / "functions",
        ["authorize_channel"],
        Target.resolve(),
        tmp_path_factory.mktemp("archives"),
        REPOSITORY / "requirements" / "functions.txt",
        with_bytecode=False,
    )["authorize_channel"]
    settings = {"limits": {"enabled": False}}
    with emulated_function(
        emulator,
        NAME,
        archive=archive.read_bytes(),
        handler="handlers.authorize_channel.handler",
        variables={"DIGEST_KEY": KEY, "SETTINGS": json.dumps(settings), "SERVICE_NAME": NAME},
    ) as made:
        yield made.arn


@pytest.fixture(scope="module")
def stack(emulator: MiniStack, authorizer: str) -> Iterator[Stack]:
    appsync = client("appsync", emulator.environment)
    lambda_mode, iam_mode = [{"authType": "AWS_LAMBDA"}], [{"authType": "AWS_IAM"}]
    config = {"authorizerUri": authorizer, "authorizerResultTtlInSeconds": 0}
    api = appsync.create_api(
        name=NAME,
        eventConfig={
            "authProviders": [*iam_mode, {"authType": "AWS_LAMBDA", "lambdaAuthorizerConfig": config}],
            "connectionAuthModes": lambda_mode,
            "defaultPublishAuthModes": iam_mode,
            "defaultSubscribeAuthModes": lambda_mode,
        },
    )["api"]
    appsync.create_channel_namespace(apiId=api["apiId"], name="sessions")
    client("lambda", emulator.environment).add_permission(
        FunctionName=NAME,
        StatementId="appsync",
        Action="lambda:InvokeFunction",
        Principal="appsync.amazonaws.com",
        SourceArn=api["apiArn"],
    )
    use_key(KEY)
    tokens = ChannelTokens(derived_key("channel tokens"), clock)
    use_key("")
    dns = api["dns"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_REGION", REGION)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, emulator.environment[name])
        environment.delenv("AWS_SESSION_TOKEN", raising=False)
        yield Stack(
            dns=dns,
            offers=ChannelOffers(
                url=f"{dns['REALTIME']}/event/realtime",
                host=dns["HTTP"].split("/")[2],
                tokens=tokens,
                settings=Settings(),
            ),
            publisher=AppSyncChannel(f"{dns['HTTP']}/event"),
        )
    appsync.delete_api(apiId=api["apiId"])


@contextmanager
def connected(offer: ChannelOffer) -> Generator[ClientConnection]:
    entry = base64.urlsafe_b64encode(json.dumps(_authorization(offer)).encode()).decode().rstrip("=")
    protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"header-{entry}")]
    with connect(offer.url, subprotocols=protocols) as socket:
        yield socket


def _authorization(offer: ChannelOffer) -> dict[str, str]:
    return {"host": offer.host, "Authorization": offer.authorization}


def subscribe(socket: ClientConnection, offer: ChannelOffer, channel: str) -> dict[str, Any]:
    frame = {"type": "subscribe", "id": "one", "channel": channel, "authorization": _authorization(offer)}
    socket.send(json.dumps(frame))
    return json.loads(socket.recv(timeout=WAIT_SECONDS))


def test_a_listener_with_an_offer_receives_what_the_functions_publish(stack: Stack) -> None:
    offer = stack.offer()
    with connected(offer) as socket:
        assert subscribe(socket, offer, offer.name)["type"] == "subscribe_success"
        payloads = [f'{{"type":"message","data":"ñ \\"{number}\\""}}'.encode() for number in range(7)]
        stack.publisher.publish(offer.name, payloads)
        received = [json.loads(socket.recv(timeout=WAIT_SECONDS))["event"].encode() for _ in payloads]
        assert received == payloads


@pytest.mark.parametrize("channel", [channel_name(SESSION.session_id, SESSION.epoch, "fr"), "/sessions/*"])
def test_an_offer_admits_to_no_other_channel(stack: Stack, channel: str) -> None:
    offer = stack.offer()
    with connected(offer) as socket:
        assert subscribe(socket, offer, channel)["type"] == "subscribe_error"


def test_a_connection_without_a_token_of_the_stack_is_refused(stack: Stack) -> None:
    tokens = ChannelTokens(b"x" * 32, clock)
    forged = stack.offer()._replace(authorization=tokens.issue("/sessions/a/es", address="a", connection="c"))
    with connected(forged) as socket:
        assert json.loads(socket.recv(timeout=WAIT_SECONDS))["type"] == "connection_error"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=WAIT_SECONDS)


def test_a_publish_that_appsync_refuses_is_unavailable(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(UnavailableError):
        AppSyncChannel(f"{stack.dns['HTTP']}/event").publish(stack.offer().name, [b"{}"])


def clock() -> int:
    return int(time.time())

"""An Event API of AppSync delivers what a signed request publishes, and refuses what AWS refuses."""

import base64
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from pulumi_local_aws.aws import client
from pulumi_local_aws.event_api_records import MAX_NAMESPACES
from pulumi_local_aws.event_apis import MAX_EVENTS, MAX_REQUEST_BYTES, MAX_SUBSCRIPTIONS, PATH, SUBPROTOCOL
from pulumi_local_aws.iam_record import PATH as DECISIONS
from pulumi_local_aws.ministack import ACCOUNT_ID, REGION, MiniStack
from pulumi_local_aws.processes import wait_until
from tests.local_aws.emulated_function import archive_of, emulated_function

pytestmark = pytest.mark.emulator

NAME = "event-apis"
CHANNEL = "/sessions/one/es"
CODE = """
import json, os

def handler(event, context):
    with open(os.environ["REQUESTS"], "a") as file:
        file.write(json.dumps(event) + "\\n")
    word, _, channel = event["authorizationToken"].partition(":")
    asked = event["requestContext"]["channel"]
    return {"isAuthorized": word == "valid" and asked in (None, channel), "ttlOverride": 0}
"""
WAIT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A key pair that signs requests."""

    access_key: str
    secret_key: str = field(repr=False)

    def sign(self, url: str, body: bytes, service: str = "appsync", **signed: str) -> dict[str, str]:
        """Return the headers of a POST request, signed by botocore together with those in `signed`."""
        request = AWSRequest("POST", url, {"content-type": "application/json", **signed}, body)
        SigV4Auth(Credentials(self.access_key, self.secret_key), service, REGION).add_auth(request)
        return dict(request.headers.items())


@dataclass(frozen=True, kw_only=True)
class EventApi:
    """An API whose connections and subscriptions a Lambda authorizer allows, and publishing IAM."""

    emulator: MiniStack
    id: str
    requests: Path
    publisher: Caller
    stranger: Caller

    @property
    def url(self) -> str:
        return f"{self.emulator.endpoint_url}/_aws/appsync/{self.id}"

    def client(self, service: str) -> Any:
        return client(service, self.emulator.environment)

    def publish(
        self, *events: object, channel: object = CHANNEL, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Publish as the publisher, or with these headers; return the status and the answer."""
        body = json.dumps({"channel": channel, "events": list(events)}).encode()
        return self.post(body, self.publisher.sign(f"{self.url}/event", body) if headers is None else headers)

    def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        request = Request(f"{self.url}/event", body, dict(headers), method="POST")  # noqa: S310
        try:
            with urlopen(request, timeout=WAIT_SECONDS) as response:  # noqa: S310
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    @contextmanager
    def connection(
        self, authorization: Mapping[str, str] | None = None, *, origin: str | None = None
    ) -> Generator["Client"]:
        """Connect with an authorization object, by default one that the authorizer allows."""
        given = self.token() if authorization is None else authorization
        entry = base64.urlsafe_b64encode(json.dumps(given).encode()).decode().rstrip("=")
        url = f"{self.url.replace('http', 'ws', 1)}/event/realtime"
        protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"header-{entry}")]
        with connect(url, subprotocols=protocols, origin=Origin(origin) if origin else None) as socket:
            assert socket.subprotocol == SUBPROTOCOL
            yield Client(socket=socket, api=self)

    def token(self, channel: str = CHANNEL, word: str = "valid") -> dict[str, str]:
        """Return an authorization object for the Lambda authorizer."""
        return {"host": f"127.0.0.1:{self.emulator.port}", "Authorization": f"{word}:{channel}"}

    def asked(self) -> list[dict[str, Any]]:
        """Return the events that the authorizer got."""
        return [json.loads(line) for line in self.requests.read_text().splitlines()]

    def administer(self, method: str, path: str = "", **settings: Any) -> dict[str, Any]:
        """Ask the emulator for its counts, or change its settings."""
        body = json.dumps(settings).encode() if settings else None
        request = Request(f"{self.emulator.endpoint_url}{PATH}{path}", body, method=method)  # noqa: S310
        with urlopen(request, timeout=WAIT_SECONDS) as response:  # noqa: S310
            return json.load(response)


@dataclass(frozen=True, kw_only=True)
class Client:
    """A connection of a subscriber."""

    socket: ClientConnection
    api: EventApi

    def receive(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def wait_until_closed(self) -> None:
        """Receive keep-alive messages until the connection ends. Raises ConnectionClosed."""
        while True:
            assert self.receive() == {"type": "ka"}

    def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the next message."""
        self.socket.send(json.dumps(frame))
        return self.receive()

    def subscribe(
        self, channel: str = CHANNEL, *, operation_id: str = "one", **authorization: Any
    ) -> dict[str, Any]:
        given = authorization or self.api.token(channel)
        return self.ask(type="subscribe", id=operation_id, channel=channel, authorization=given)


def _user(emulator: MiniStack, name: str, action: str, resource: str) -> Caller:
    """Create a user who may do one action."""
    iam = client("iam", emulator.environment)
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    iam.put_user_policy(
        UserName=name, PolicyName="one", PolicyDocument=json.dumps({"Statement": [statement]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


@pytest.fixture(scope="module")
def authorizer(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Create the authorizer; return its ARN and the file of its requests."""
    requests = tmp_path_factory.mktemp("authorizer") / "lines"
    requests.touch()
    with emulated_function(
        emulator,
        NAME,
        archive=archive_of("authorizer.py", CODE),
        handler="authorizer.handler",
        variables={"REQUESTS": str(requests)},
    ) as made:
        yield made.arn, requests


def _create(emulator: MiniStack, authorizer_arn: str, **config: str) -> dict[str, Any]:
    """Create an API whose authorizer has this config beside its ARN."""
    authorizer = {"authorizerUri": authorizer_arn, "authorizerResultTtlInSeconds": 0, **config}
    return client("appsync", emulator.environment).create_api(
        name=NAME,
        eventConfig={
            "authProviders": [
                {"authType": "AWS_IAM"},
                {"authType": "API_KEY"},
                {"authType": "AWS_LAMBDA", "lambdaAuthorizerConfig": authorizer},
            ],
            "connectionAuthModes": [{"authType": "AWS_LAMBDA"}],
            "defaultPublishAuthModes": [{"authType": "AWS_IAM"}],
            "defaultSubscribeAuthModes": [{"authType": "AWS_LAMBDA"}],
        },
    )["api"]


def _permit(emulator: MiniStack, api: Mapping[str, Any]) -> None:
    """Let AppSync invoke the authorizer for an API."""
    client("lambda", emulator.environment).add_permission(
        FunctionName=NAME,
        StatementId=api["apiId"],
        Action="lambda:InvokeFunction",
        Principal="appsync.amazonaws.com",
        SourceArn=api["apiArn"],
    )


@pytest.fixture(scope="module")
def api(emulator: MiniStack, authorizer: tuple[str, Path]) -> Iterator[EventApi]:
    appsync = client("appsync", emulator.environment)
    made = _create(emulator, authorizer[0])
    appsync.create_channel_namespace(apiId=made["apiId"], name="sessions")
    _permit(emulator, made)
    namespace = f"{made['apiArn']}/channelNamespace/sessions"
    yield EventApi(
        emulator=emulator,
        id=made["apiId"],
        requests=authorizer[1],
        publisher=_user(emulator, f"{NAME}-publisher", "appsync:EventPublish", namespace),
        stranger=_user(emulator, f"{NAME}-stranger", "appsync:EventSubscribe", namespace),
    )
    appsync.delete_api(apiId=made["apiId"])
    iam = client("iam", emulator.environment)
    for name in (f"{NAME}-publisher", f"{NAME}-stranger"):
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="one")
        iam.delete_user(UserName=name)


def test_the_addresses_of_an_api_are_urls_on_this_machine(api: EventApi) -> None:
    assert api.client("appsync").get_api(apiId=api.id)["api"]["dns"] == {
        "HTTP": api.url,
        "REALTIME": api.url.replace("http", "ws", 1),
    }


def _error(answer: Mapping[str, Any]) -> str:
    (error,) = answer["errors"]
    return error["errorType"]


def test_a_subscriber_receives_what_a_signed_request_publishes(api: EventApi) -> None:
    with api.connection(origin="http://127.0.0.1:5173") as one, api.connection() as other:
        acknowledged = one.ask(type="connection_init")
        assert acknowledged == {"type": "connection_ack", "connectionTimeoutMs": 300_000}
        assert one.subscribe() == {"type": "subscribe_success", "id": "one"}
        assert other.subscribe("/sessions/two/es")["type"] == "subscribe_success"
        status, answer = api.publish('{"offset":1}', '{"offset":2}')
        assert status == 200
        assert [entry["index"] for entry in answer["successful"]] == [0, 1]
        assert answer["failed"] == []
        assert one.receive() == {"type": "data", "id": "one", "event": '{"offset":1}'}
        assert one.receive() == {"type": "data", "id": "one", "event": '{"offset":2}'}
        assert api.publish('"end"', channel="/sessions/two/es")[0] == 200
        assert other.receive()["event"] == '"end"'


def test_an_unsubscribed_client_receives_nothing_more(api: EventApi) -> None:
    with api.connection() as one:
        one.subscribe()
        one.subscribe(operation_id="two")
        assert one.ask(type="unsubscribe", id="one") == {"type": "unsubscribe_success", "id": "one"}
        assert _error(one.ask(type="unsubscribe", id="one")) == "UnknownOperationError"
        api.publish("1")
        assert one.receive() == {"type": "data", "id": "two", "event": "1"}


def test_the_authorizer_is_asked_as_by_aws(api: EventApi) -> None:
    earlier = len(api.asked())
    with api.connection() as one:
        one.subscribe()
    connecting, subscribing = api.asked()[earlier:]
    assert connecting["authorizationToken"] == f"valid:{CHANNEL}"
    assert connecting["requestHeaders"]["host"] == f"127.0.0.1:{api.emulator.port}"
    contexts = [
        {name: value for name, value in request["requestContext"].items() if name != "requestId"}
        for request in (connecting, subscribing)
    ]
    common = {"apiId": api.id, "accountId": ACCOUNT_ID}
    assert contexts == [
        {**common, "operation": "EVENT_CONNECT", "channelNamespaceName": None, "channel": None},
        {**common, "operation": "EVENT_SUBSCRIBE", "channelNamespaceName": "sessions", "channel": CHANNEL},
    ]


def _wrong_token(api: EventApi) -> dict[str, str]:
    return api.token(word="wrong")


def _no_host(api: EventApi) -> dict[str, str]:
    return {"Authorization": api.token()["Authorization"]}


def _no_token(api: EventApi) -> dict[str, str]:
    return {"host": api.token()["host"]}


def _api_key(api: EventApi) -> dict[str, str]:
    return {"host": api.token()["host"], "x-api-key": "da2-unknown"}


@pytest.mark.parametrize("given", [_wrong_token, _no_host, _no_token, _api_key])
def test_a_connection_is_refused(api: EventApi, given: Callable[[EventApi], dict[str, str]]) -> None:
    with api.connection(given(api)) as refused:
        message = refused.receive()
        assert (message["type"], _error(message)) == ("connection_error", "UnauthorizedException")
        with pytest.raises(ConnectionClosed) as closed:
            refused.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_handshake_without_the_subprotocol_is_refused(api: EventApi) -> None:
    with pytest.raises(InvalidStatus), connect(f"{api.url.replace('http', 'ws', 1)}/event/realtime"):
        pass


def test_a_page_of_another_site_is_refused(api: EventApi) -> None:
    with pytest.raises(InvalidStatus), api.connection(origin="https://evil.example"):
        pass


@pytest.mark.parametrize(
    ("channel", "authorized_channel", "error"),
    [
        ("/sessions/other/es", CHANNEL, "UnauthorizedException"),
        ("/sessions/*", CHANNEL, "UnauthorizedException"),
        ("/unknown/one", "/unknown/one", "UnauthorizedException"),
        ("/sessions/one_two", "/sessions/one_two", "BadRequestException"),
        ("/sessions/-one", "/sessions/-one", "BadRequestException"),
        ("/sessions/*/es", "/sessions/*/es", "BadRequestException"),
        ("/sessions//es", "/sessions//es", "BadRequestException"),
        ("/sessions/" + "a" * 51, "/sessions/" + "a" * 51, "BadRequestException"),
        ("/sessions/1/2/3/4/5", "/sessions/1/2/3/4/5", "BadRequestException"),
    ],
)
def test_a_subscription_is_refused(api: EventApi, channel: str, authorized_channel: str, error: str) -> None:
    with api.connection() as one:
        answer = one.subscribe(channel, **api.token(authorized_channel))
        assert (answer["type"], answer["id"], _error(answer)) == ("subscribe_error", "one", error)


def test_a_subscription_needs_an_authorization_of_its_own(api: EventApi) -> None:
    with api.connection() as one:
        assert _error(one.ask(type="subscribe", id="one", channel=CHANNEL)) == "UnauthorizedException"


def test_a_wildcard_subscribes_to_all_deeper_channels(api: EventApi) -> None:
    with api.connection() as one:
        assert one.subscribe("/sessions/one/*")["type"] == "subscribe_success"
        for channel in ("/sessions/one", "/sessions/two/es", "/sessions/one/es", "/sessions/one/es/more"):
            assert api.publish(json.dumps(channel), channel=channel)[0] == 200
        assert [json.loads(one.receive()["event"]) for _ in range(2)] == [
            "/sessions/one/es",
            "/sessions/one/es/more",
        ]


def test_a_connection_has_distinct_and_limited_subscriptions(api: EventApi) -> None:
    with api.connection() as one:
        assert _error(one.subscribe(operation_id="not valid")) == "BadRequestException"
        for number in range(MAX_SUBSCRIPTIONS):
            assert one.subscribe(operation_id=str(number))["type"] == "subscribe_success"
        assert _error(one.subscribe(operation_id="0")) == "DuplicatedOperationError"
        assert _error(one.subscribe(operation_id="more")) == "MaxSubscriptionsReachedError"


@pytest.mark.parametrize(
    ("events", "channel", "status", "error"),
    [
        (["1"] * (MAX_EVENTS + 1), CHANNEL, 400, "BadRequestException"),
        ([], CHANNEL, 400, "BadRequestException"),
        (["1"], "/sessions/one/*", 400, "BadRequestException"),
        (["1"], "/sessions/one_two", 400, "BadRequestException"),
        (["1"], "", 400, "BadRequestException"),
        (["1"], "/unknown/one", 401, "UnauthorizedException"),
        ([json.dumps("x" * MAX_REQUEST_BYTES)], CHANNEL, 413, "RequestEntityTooLargeException"),
    ],
    ids=["6 events", "no event", "wildcard", "bad name", "no name", "no namespace", "too large"],
)
def test_a_publish_request_is_refused(
    api: EventApi, events: list[str], channel: str, status: int, error: str
) -> None:
    found, answer = api.publish(*events, channel=channel)
    assert (found, _error(answer)) == (status, error)


def test_only_strings_with_json_are_published(api: EventApi) -> None:
    status, answer = api.publish("1", "not JSON", {"an": "object"})
    assert status == 200
    assert [entry["index"] for entry in answer["successful"]] == [0]
    assert [(entry["index"], entry["code"]) for entry in answer["failed"]] == [(1, 400), (2, 400)]


_BODY = json.dumps({"channel": CHANNEL, "events": ["1"]}).encode()


def _unsigned(_api: EventApi, _url: str) -> dict[str, str]:
    return {}


def _without_permission(api: EventApi, url: str) -> dict[str, str]:
    return api.stranger.sign(url, _BODY)


def _another_body(api: EventApi, url: str) -> dict[str, str]:
    return api.publisher.sign(url, _BODY.replace(b"1", b"2"))


def _another_secret(api: EventApi, url: str) -> dict[str, str]:
    return replace(api.publisher, secret_key="another").sign(url, _BODY)


def _root_with_another_secret(api: EventApi, url: str) -> dict[str, str]:
    return Caller(access_key=api.emulator.access_key, secret_key="another").sign(url, _BODY)


def _another_service(api: EventApi, url: str) -> dict[str, str]:
    return api.publisher.sign(url, _BODY, "execute-api")


def _unsigned_body(api: EventApi, url: str) -> dict[str, str]:
    return api.publisher.sign(url, b"{}", **{"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})


def _another_path(api: EventApi, url: str) -> dict[str, str]:
    return api.publisher.sign(f"{url}/other", _BODY)


def _a_token(api: EventApi, _url: str) -> dict[str, str]:
    return {"authorization": api.token()["Authorization"]}


@pytest.mark.parametrize(
    "sign",
    [
        _unsigned,
        _without_permission,
        _another_body,
        _another_secret,
        _root_with_another_secret,
        _another_service,
        _unsigned_body,
        _another_path,
        _a_token,
    ],
)
def test_a_publish_request_without_authorization_is_refused(
    api: EventApi, sign: Callable[[EventApi, str], dict[str, str]]
) -> None:
    status, answer = api.post(_BODY, sign(api, f"{api.url}/event"))
    assert (status, _error(answer)) == (401, "UnauthorizedException")


def test_the_decisions_of_iam_are_recorded(api: EventApi) -> None:
    assert api.publish("1")[0] == 200
    api.post(_BODY, api.stranger.sign(f"{api.url}/event", _BODY))
    with urlopen(f"{api.emulator.endpoint_url}{DECISIONS}", timeout=WAIT_SECONDS) as response:  # noqa: S310
        decisions = json.load(response)["decisions"]
    found = {one["principal"].rpartition("/")[2]: one for one in decisions if "EventPublish" in one["action"]}
    assert found[f"{NAME}-publisher"]["allowed"]
    assert not found[f"{NAME}-stranger"]["allowed"]
    assert found[f"{NAME}-publisher"]["resource"].endswith(f"apis/{api.id}/channelNamespace/sessions")


def test_the_root_caller_publishes(api: EventApi) -> None:
    root = Caller(access_key=api.emulator.access_key, secret_key=api.emulator.secret_key)
    assert api.post(_BODY, root.sign(f"{api.url}/event", _BODY))[0] == 200


def test_an_api_answers_at_its_host_name_on_aws_too(api: EventApi) -> None:
    host = f"{api.id}.appsync-api.{REGION}.amazonaws.com"
    headers = {**api.publisher.sign(f"http://{host}/event", _BODY), "Host": host}
    request = Request(f"{api.emulator.endpoint_url}/event", _BODY, headers)  # noqa: S310
    with urlopen(request, timeout=WAIT_SECONDS) as response:  # noqa: S310
        assert response.status == 200


def test_a_client_publishes_on_its_connection_with_a_signature(api: EventApi) -> None:
    def signed(events: list[str], caller: Caller) -> dict[str, Any]:
        body = json.dumps({"channel": CHANNEL, "events": events}, separators=(",", ":")).encode()
        headers = caller.sign(f"{api.url}/event", body)
        frame = {"type": "publish", "id": "p", "channel": CHANNEL, "events": events}
        return {**frame, "authorization": {**headers, "host": f"127.0.0.1:{api.emulator.port}"}}

    with api.connection() as one:
        assert _error(one.ask(**signed(["1"], api.stranger))) == "UnauthorizedException"
        assert _error(one.ask(**signed(["1"] * 6, api.publisher))) == "BadRequestException"
        answer = one.ask(**signed(["1"], api.publisher))
        assert (answer["type"], answer["id"]) == ("publish_success", "p")


def test_no_function_policy_refuses_each_token(
    api: EventApi, emulator: MiniStack, authorizer: tuple[str, Path]
) -> None:
    other = _create(emulator, authorizer[0])
    earlier = len(api.asked())
    unpermitted = replace(api, id=other["apiId"])
    with unpermitted.connection() as refused:
        assert _error(refused.receive()) == "UnauthorizedException"
    assert len(api.asked()) == earlier
    api.client("appsync").delete_api(apiId=other["apiId"])


def test_a_token_of_another_form_is_refused_without_the_authorizer(
    api: EventApi, emulator: MiniStack, authorizer: tuple[str, Path]
) -> None:
    made = _create(emulator, authorizer[0], identityValidationExpression="valid:.*|wrong:.*")
    _permit(emulator, made)
    strict = replace(api, id=made["apiId"])
    earlier = len(api.asked())
    with strict.connection(api.token(word="another")) as refused:
        assert _error(refused.receive()) == "UnauthorizedException"
    assert len(api.asked()) == earlier
    with strict.connection() as one:
        assert one.ask(type="connection_init")["type"] == "connection_ack"
    assert len(api.asked()) == earlier + 1
    api.client("appsync").delete_api(apiId=made["apiId"])


def test_a_namespaces_modes_take_the_place_of_the_apis(api: EventApi) -> None:
    appsync = api.client("appsync")
    key = appsync.create_api_key(apiId=api.id)["apiKey"]["id"]
    created = appsync.create_channel_namespace(
        apiId=api.id, name="open", publishAuthModes=[{"authType": "API_KEY"}]
    )["channelNamespace"]
    assert (created["publishAuthModes"], created["subscribeAuthModes"]) == ([{"authType": "API_KEY"}], [])
    assert api.publish("1", channel="/open/one", headers={"x-api-key": key})[0] == 200
    assert api.publish("1", channel="/open/one")[0] == 401
    expired = appsync.create_api_key(apiId=api.id, expires=int(time.time()) - 60)["apiKey"]["id"]
    assert api.publish("1", channel="/open/one", headers={"x-api-key": expired})[0] == 401
    appsync.delete_api_key(apiId=api.id, id=expired)
    assert api.publish("1", headers={"x-api-key": key})[0] == 401
    with api.connection() as one:
        assert one.subscribe("/open/one")["type"] == "subscribe_success"
    appsync.delete_channel_namespace(apiId=api.id, name="open")
    appsync.delete_api_key(apiId=api.id, id=key)


def test_tags_of_an_api_and_a_namespace_are_kept(api: EventApi) -> None:
    appsync = api.client("appsync")
    made = appsync.get_channel_namespace(apiId=api.id, name="sessions")["channelNamespace"]
    arn = appsync.get_api(apiId=api.id)["api"]["apiArn"]
    for resource in (arn, made["channelNamespaceArn"]):
        appsync.tag_resource(resourceArn=resource, tags={"team": "a", "stray": "b"})
        appsync.untag_resource(resourceArn=resource, tagKeys=["stray"])
        assert appsync.list_tags_for_resource(resourceArn=resource)["tags"] == {"team": "a"}
    assert appsync.get_api(apiId=api.id)["api"]["tags"] == {"team": "a"}
    read = appsync.get_channel_namespace(apiId=api.id, name="sessions")["channelNamespace"]
    assert read["tags"] == {"team": "a"}


def test_an_api_has_a_limited_number_of_namespaces(api: EventApi) -> None:
    appsync = api.client("appsync")
    made = appsync.create_api(name="full", eventConfig=appsync.get_api(apiId=api.id)["api"]["eventConfig"])
    for number in range(MAX_NAMESPACES):
        appsync.create_channel_namespace(apiId=made["api"]["apiId"], name=f"n{number}")
    with pytest.raises(appsync.exceptions.ServiceQuotaExceededException):
        appsync.create_channel_namespace(apiId=made["api"]["apiId"], name="more")
    appsync.delete_api(apiId=made["api"]["apiId"])


def test_an_unknown_api_and_an_unknown_path_are_refused(api: EventApi) -> None:
    unknown = replace(api, id="0" * 26)
    assert unknown.publish("1")[0] == 404
    with unknown.connection() as refused:
        assert _error(refused.receive()) == "ResourceNotFoundException"


@pytest.fixture
def settings(api: EventApi) -> Iterator[EventApi]:
    """Return the API; its settings are reset after the test."""
    yield api
    api.administer("DELETE")


def test_a_connection_is_kept_alive(settings: EventApi) -> None:
    settings.administer("POST", keepAliveSeconds=0.05, connectionTimeoutSeconds=0.5)
    with settings.connection() as one:
        one.socket.send(json.dumps({"type": "connection_init"}))
        messages = [one.receive()]
        while len(messages) < 2 or messages[-1]["type"] == messages[-2]["type"]:
            messages.append(one.receive())
        assert {"type": "ka"} in messages
        assert {"type": "connection_ack", "connectionTimeoutMs": 500} in messages


def test_a_connection_ends_after_its_duration(settings: EventApi) -> None:
    settings.administer("POST", keepAliveSeconds=0.05, connectionSeconds=0.2)
    with settings.connection() as one:
        with pytest.raises(ConnectionClosed) as closed:
            one.wait_until_closed()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def test_connections_can_be_closed_and_operations_made_to_fail(settings: EventApi) -> None:
    api = settings
    with api.connection() as one:
        one.subscribe()
        # The server forgets the connections of other tests a moment after their end.
        assert wait_until(lambda: api.administer("GET")["connections"] == 1, WAIT_SECONDS)
        before = api.administer("GET")
        assert before["subscriptions"] == 1
        api.administer("POST", failedPublishes=1, lostDeliveries=1)
        assert _error(api.publish("1")[1]) == "InternalFailureException"
        assert api.publish('"lost"', json.dumps("x" * 6000))[0] == 200
        assert one.receive()["event"].startswith('"xx')
        after = api.administer("GET")
        counted = ("publishRequests", "publishedEvents", "inboundUnits", "deliveredEvents", "outboundUnits")
        assert [after[name] - before.get(name, 0) for name in counted] == [1, 2, 3, 1, 2]
        api.administer("DELETE", "/connections")
        with pytest.raises(ConnectionClosed):
            one.receive()
    with pytest.raises(HTTPError):
        api.administer("POST", sparkle=1)

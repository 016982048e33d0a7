"""The client of AWS's services beside botocore: the same calls, on a server that records and replies."""

import io
import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws.client import AwsClient, CallLimits
from adapters.aws.credentials import Credentials
from adapters.aws.endpoints import endpoint_url
from adapters.aws.errors import AwsCallError, NoAttemptError, ServiceError, UnreachableError
from adapters.aws.lambda_invoke import invoke
from domain.deadline import request_deadline
from tests.support.aws_server import AwsServer, Received, Reply, aws_server

ATTEMPTS = 2
LIMITS = CallLimits(connect_seconds=0.5, response_seconds=0.5, attempts=ATTEMPTS)
QUICK = {"connect_timeout": 0.5, "read_timeout": 0.5}
KEYS = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret/+",
    "AWS_SESSION_TOKEN": "token==",
}
KEY = {"sessionId": {"S": "caring-king-275 ü"}}
TARGETS = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call that the functions make."""

    service: str
    operation: str
    arguments: Mapping[str, Any]


CALLS = [
    Call(
        service="dynamodb",
        operation="GetItem",
        arguments={"TableName": "sessions", "Key": KEY, "ConsistentRead": True},
    ),
    Call(
        service="dynamodb",
        operation="BatchGetItem",
        arguments={"RequestItems": {"sessions": {"Keys": [KEY], "ConsistentRead": True}}},
    ),
    Call(
        service="dynamodb",
        operation="Query",
        arguments={
            "TableName": "messages",
            "KeyConditionExpression": "logKey = :key AND #offset > :offset",
            "ExpressionAttributeNames": {"#offset": "offset"},
            "ExpressionAttributeValues": {":key": {"S": "k"}, ":offset": {"N": "4"}},
            "Limit": 5,
        },
    ),
    Call(
        service="dynamodb",
        operation="PutItem",
        arguments={"TableName": "sessions", "Item": {**KEY, "muted": {"BOOL": True}, "ttl": {"N": "5"}}},
    ),
    Call(
        service="dynamodb",
        operation="UpdateItem",
        arguments={
            "TableName": "limits",
            "Key": KEY,
            "UpdateExpression": "ADD used :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
    ),
    Call(service="dynamodb", operation="DeleteItem", arguments={"TableName": "sessions", "Key": KEY}),
    Call(
        service="dynamodb",
        operation="TransactWriteItems",
        arguments={
            "TransactItems": [{"Delete": {"TableName": "sessions", "Key": KEY}}],
            "ClientRequestToken": "0123456789abcdef0123456789abcdef",
        },
    ),
    Call(
        service="sqs",
        operation="SendMessageBatch",
        arguments={
            "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/fan-out",
            "Entries": [{"Id": "0", "MessageBody": '{"a":"ü"}', "DelaySeconds": 2}],
        },
    ),
    Call(
        service="sqs",
        operation="ChangeMessageVisibilityBatch",
        arguments={
            "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/fan-out",
            "Entries": [{"Id": "0", "ReceiptHandle": "handle", "VisibilityTimeout": 4}],
        },
    ),
]
BY_OPERATION = {call.operation: call for call in CALLS}


@pytest.fixture(scope="module")
def one_server() -> Generator[AwsServer]:
    """A server for all tests, since botocore's clients for it take long to create."""
    with aws_server() as served:
        yield served


@pytest.fixture
def server(one_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """The service, which the environment names as the endpoint."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": one_server.url}.items():
        monkeypatch.setenv(name, value)
    one_server.replies, one_server.received = [Reply()], []
    return one_server


def no_pause(_: float) -> None:
    """Wait for no time between attempts."""


def client_of(service: str) -> AwsClient:
    """A client whose pauses take no time."""
    client = AwsClient(service, LIMITS)
    client.sleep = no_pause
    return client


def make(call: Call) -> dict[str, Any]:
    """Make a call with our client."""
    return client_of(call.service).call(f"{TARGETS[call.service]}.{call.operation}", call.arguments)


@cache
def session() -> Any:
    return botocore.session.get_session()


@cache
def botocore_client(service: str) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, **QUICK)  # pyright: ignore[reportArgumentType]
    return session().create_client(service, config=config)


def make_with_botocore(call: Call) -> dict[str, Any]:
    """Make the same call with botocore."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", call.operation).lower()
    return getattr(botocore_client(call.service), name)(**call.arguments)


def authorization_by_botocore(received: Received, service: str, host: str) -> str:
    """Sign a received request again, with the headers that it says are signed."""
    signed = received.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest(method=received.method, url=f"http://{host}{received.path}", data=received.body)
    for name in signed:
        request.headers[name] = received.headers[name]
    request.context["timestamp"] = received.headers["x-amz-date"]
    credentials = BotocoreCredentials(
        KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], KEYS["AWS_SESSION_TOKEN"]
    )
    signer = SigV4Auth(credentials, service, KEYS["AWS_REGION"])
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert set(signed) >= {"host", *(name for name in received.headers if name.startswith("x-amz-"))}
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={';'.join(signed)}, "
        f"Signature={signature}"
    )


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_a_call_sends_what_botocore_sends(server: AwsServer, call: Call) -> None:
    make(call)
    make_with_botocore(call)
    ours, theirs = server.received
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert json.loads(ours.body) == json.loads(theirs.body)
    for name in ("x-amz-target", "content-type", "x-amz-security-token", "amz-sdk-request"):
        assert ours.headers[name] == theirs.headers[name]
    host = server.url.removeprefix("http://")
    assert ours.headers["host"] == host
    assert ours.headers["authorization"] == authorization_by_botocore(ours, call.service, host)


RESULTS: dict[str, dict[str, Any]] = {
    "GetItem": {"Item": {"offset": {"N": "7"}, "muted": {"BOOL": False}, "data": {"S": "ü"}}},
    "Query": {"Items": [{"offset": {"N": "7"}}], "Count": 1, "LastEvaluatedKey": KEY},
    "BatchGetItem": {
        "Responses": {"sessions": [KEY]},
        "UnprocessedKeys": {"sessions": {"Keys": [KEY], "ConsistentRead": True}},
    },
    "UpdateItem": {"Attributes": {"used": {"N": "3"}}},
    "SendMessageBatch": {"Successful": [], "Failed": [{"Id": "0", "SenderFault": False, "Code": "X"}]},
    "TransactWriteItems": {},
}


@pytest.mark.parametrize("operation", list(RESULTS))
def test_a_result_has_what_botocore_returns(server: AwsServer, operation: str) -> None:
    server.replies = [Reply(document=RESULTS[operation])]
    theirs = make_with_botocore(BY_OPERATION[operation])
    theirs.pop("ResponseMetadata")
    assert make(BY_OPERATION[operation]) == theirs


def typed(code: str, status: int = 400, **fields: object) -> Reply:
    """The reply of a service that refuses a call."""
    return Reply(status=status, document={"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **fields})


OUTCOMES: dict[str, list[Reply]] = {
    "success": [Reply()],
    "a failed condition": [typed("ConditionalCheckFailedException", Item=KEY)],
    "a cancelled transaction": [
        typed(
            "TransactionCanceledException",
            CancellationReasons=[{"Code": "ConditionalCheckFailed", "Item": KEY}, {"Code": "None"}],
        )
    ],
    "a conflict": [typed("TransactionConflictException")],
    "a missing table": [typed("ResourceNotFoundException")],
    "a refusal": [typed("AccessDeniedException")],
    "throttled once": [typed("ProvisionedThroughputExceededException"), Reply()],
    "throttled": [typed("ThrottlingException")],
    "in progress once": [typed("TransactionInProgressException"), Reply()],
    "a failure once": [typed("InternalServerError", 500), Reply()],
    "a failure": [typed("InternalServerError", 500)],
    "a proxy's error": [Reply(status=503, document="<html>busy</html>")],
    "a gateway's error once": [Reply(status=502, document=""), Reply()],
    "a dropped connection once": [Reply(is_dropped=True), Reply()],
    "a dropped connection": [Reply(is_dropped=True)],
}


@pytest.mark.parametrize("name", list(OUTCOMES))
def test_errors_and_attempts_are_those_of_botocore(
    server: AwsServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", no_pause)
    call = BY_OPERATION["TransactWriteItems"]
    outcomes: list[tuple[object, int]] = []
    for attempt in (make, make_with_botocore):
        server.replies, server.received = OUTCOMES[name], []
        outcomes.append((outcome_of(attempt, call), len(server.received)))
    ours, theirs = outcomes
    assert ours == theirs


def outcome_of(make_call: Callable[[Call], object], call: Call) -> object:
    """Return "success", or the error's code with its reasons and item, or "unreachable"."""
    try:
        make_call(call)
    except ServiceError as error:
        return error.code, error.document.get("CancellationReasons"), error.document.get("Item")
    except ClientError as error:
        response = cast(dict[str, Any], error.response)
        return response["Error"]["Code"], response.get("CancellationReasons"), response.get("Item")
    except (UnreachableError, BotoCoreError):
        return "unreachable"
    return "success"


@pytest.mark.parametrize("invocation_type", ["Event", "RequestResponse"])
@pytest.mark.parametrize("function", ["stack-keep-alive", "arn:aws:lambda:eu-west-1:123456789012:function:f"])
def test_an_invocation_is_that_of_botocore(server: AwsServer, function: str, invocation_type: Any) -> None:
    event = {"continue": [["sessions", 1, 0]]}
    server.replies = [Reply(document={"variants": {}}, headers={"X-Amz-Function-Error": "Unhandled"})]
    response = invoke(client_of("lambda"), function, event, invocation_type)
    theirs = botocore_client("lambda").invoke(
        FunctionName=function, InvocationType=invocation_type, Payload=io.BytesIO(json.dumps(event).encode())
    )
    assert response.body == theirs["Payload"].read()
    assert response.header("x-amz-function-error") == theirs["FunctionError"]
    sent, expected = server.received
    assert (sent.method, sent.path, sent.body) == (expected.method, expected.path, expected.body)
    assert sent.headers["x-amz-invocation-type"] == expected.headers["x-amz-invocation-type"]
    host = server.url.removeprefix("http://")
    assert sent.headers["authorization"] == authorization_by_botocore(sent, "lambda", host)


def test_a_refused_invocation_has_the_code_of_botocore(server: AwsServer) -> None:
    """Lambda names it in a header."""
    code = "ResourceNotFoundException"
    server.replies = [Reply(status=404, headers={"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/"})]
    with pytest.raises(ServiceError) as ours:
        invoke(client_of("lambda"), "f", {}, "Event")
    with pytest.raises(ClientError) as theirs:
        botocore_client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
    assert ours.value.code == cast(Any, theirs.value.response)["Error"]["Code"] == code


def test_the_trace_of_an_invocation_goes_with_its_calls(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda finds recursive loops by this header."""
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0|b:1"
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    call = BY_OPERATION["GetItem"]
    make(call)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    make(call)
    make_with_botocore(call)
    outside, ours, theirs = server.received
    assert "x-amzn-trace-id" not in outside.headers
    assert ours.headers["x-amzn-trace-id"] == theirs.headers["x-amzn-trace-id"]


def test_a_result_that_is_no_json_is_no_result(server: AwsServer) -> None:
    """A proxy's page, for instance."""
    server.replies = [Reply(document="<html>")]
    with pytest.raises(UnreachableError):
        make(BY_OPERATION["GetItem"])


def test_calls_share_a_connection(server: AwsServer) -> None:
    client = client_of("dynamodb")
    for _ in range(3):
        client.call("DynamoDB_20120810.GetItem", {})
    assert len({received.client_port for received in server.received}) == 1


def test_no_attempt_starts_that_the_deadline_may_end(server: AwsServer) -> None:
    with request_deadline.within(0.9), pytest.raises(NoAttemptError, match="too little time"):
        make(BY_OPERATION["GetItem"])
    with request_deadline.within(5):
        make(BY_OPERATION["GetItem"])
    assert len(server.received) == 1


def test_no_attempt_starts_after_credentials_that_took_the_time(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0

    def slow_credentials() -> Credentials:
        nonlocal now
        now += 4.5
        return Credentials(access_key="AKIDEXAMPLE", secret_key="secret")

    monkeypatch.setattr(request_deadline, "clock", lambda: now)
    client = client_of("dynamodb")
    client.credentials = slow_credentials
    with request_deadline.within(5), pytest.raises(NoAttemptError, match="too little time"):
        client.call("DynamoDB_20120810.GetItem", {})
    assert server.received == []


def test_without_credentials_no_attempt_is_made(server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(AwsCallError, match="AWS_ACCESS_KEY_ID"):
        make(BY_OPERATION["GetItem"])
    assert server.received == []


def test_endpoints_are_those_of_botocore_in_every_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    regions = {
        region: partition["dnsSuffix"]
        for partition in session().get_data("endpoints")["partitions"]
        for region in partition["regions"]
    }
    assert len(regions) > 40
    for region, domain in regions.items():
        assert endpoint_url("dynamodb", region) == f"https://dynamodb.{region}.{domain}"


def test_the_environment_replaces_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all:1")
    assert endpoint_url("sqs", "us-east-1") == "http://all:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://sqs:2")
    assert endpoint_url("sqs", "us-east-1") == "http://sqs:2"

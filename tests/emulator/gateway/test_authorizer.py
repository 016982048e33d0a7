"""The REQUEST authorizer: identity sources, results, context."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from pulumi_local_aws.gateway.api.model import Authorizer, Route, Stage
from pulumi_local_aws.gateway.integrations.iam_policy import PolicyError, evaluate_policy
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import API_ID, STAGE, Event, FunctionError, api, ok, proxy, two_way

ARN = f"arn:aws:execute-api:us-east-1:000000000000:{API_ID}/{STAGE}/$connect"


def policy(effect: str = "Allow", resource: str = ARN, **more: object) -> dict[str, object]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def result(context: object = None, **more: object) -> dict[str, object]:
    return {"principalId": "someone", "policyDocument": policy(), "context": context or {}, **more}


def guarded(*sources: str) -> Route:
    return Route(
        key="$connect",
        authorization="CUSTOM",
        authorizer=Authorizer(uri="authorize", identity_sources=sources),
        integration=proxy("connect"),
    )


async def outcome(
    harness: GatewayHarness, answer: Any, *sources: str, url: str = "", **options: Any
) -> tuple[int, str]:
    """Return the status of a connection attempt and the message of a refusal."""

    def authorize(_: Event) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    await harness.start(api(guarded(*sources)), authorize=authorize, connect=lambda _: ok())
    try:
        await harness.connect(harness.url(url), **options)
    except InvalidStatus as refused:
        return refused.response.status_code, json.loads(refused.response.body or b"{}")["message"]
    return 101, ""


async def test_the_event_has_aws_shape(harness: GatewayHarness) -> None:
    assert await outcome(harness, result(), url="?token=x") == (101, "")
    (event,) = harness.events("authorize")
    assert sorted(event) == [
        "headers",
        "methodArn",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
        "stageVariables",
        "type",
    ]
    assert (event["type"], event["methodArn"]) == ("REQUEST", ARN)
    assert event["queryStringParameters"] == {"token": "x"}
    assert event["stageVariables"] == {}
    assert event["headers"]["Upgrade"] == "websocket"
    assert event["requestContext"]["routeKey"] == "$connect"


async def test_an_allow_passes_the_context_on_as_strings(harness: GatewayHarness) -> None:
    context = {"text": "a", "number": 1, "real": 1.5, "yes": True}
    await harness.start(
        api(guarded(), two_way("$default", "go")),
        authorize=lambda _: result(context),
        connect=lambda _: ok(),
        go=lambda _: ok("x"),
    )
    client = await harness.connect()
    await client.send("x")
    await client.recv()
    for function in ("connect", "go"):
        authorizer = harness.events(function)[0]["requestContext"]["authorizer"]
        assert isinstance(authorizer.pop("integrationLatency"), int)
        assert authorizer == {
            "principalId": "someone",
            "text": "a",
            "number": "1",
            "real": "1.5",
            "yes": "true",
        }


@pytest.mark.parametrize(
    ("source", "url", "headers"),
    [
        ("route.request.header.Authorization", "", {"authorization": "x"}),
        ("route.request.querystring.token", "?token=x", {}),
        ("context.stage", "", {}),
    ],
)
async def test_a_present_identity_source_lets_the_function_decide(
    harness: GatewayHarness, source: str, url: str, headers: dict[str, str]
) -> None:
    assert await outcome(harness, result(), source, url=url, additional_headers=headers) == (101, "")


@pytest.mark.parametrize(
    "source",
    [
        "route.request.header.Authorization",
        "route.request.querystring.token",
        "stageVariables.colour",
        "context.none",
    ],
)
@pytest.mark.parametrize("url", ["", "?token="])
async def test_a_missing_or_empty_identity_source_is_401_without_an_invocation(
    harness: GatewayHarness, source: str, url: str
) -> None:
    assert await outcome(harness, result(), source, url=url) == (401, "Unauthorized")
    assert harness.events("authorize") == []


async def test_a_stage_variable_can_be_an_identity_source(harness: GatewayHarness) -> None:
    stage = Stage(name=STAGE, variables={"colour": "blue"})
    await harness.start(
        api(guarded("stageVariables.colour"), stage=stage),
        authorize=lambda _: result(),
        connect=lambda _: ok(),
    )
    await harness.connect()


async def test_the_identity_source_form_of_http_apis_is_ignored(harness: GatewayHarness) -> None:
    assert await outcome(harness, result(), "$request.header.Authorization") == (101, "")


async def test_the_error_unauthorized_is_401(harness: GatewayHarness) -> None:
    assert await outcome(harness, FunctionError("Unauthorized")) == (401, "Unauthorized")


async def test_any_other_error_is_500(harness: GatewayHarness) -> None:
    assert await outcome(harness, FunctionError("boom")) == (500, "Internal server error")


@pytest.mark.parametrize(("effect", "resource"), [("Deny", ARN), ("Allow", ARN.replace(STAGE, "other"))])
async def test_a_policy_that_does_not_allow_is_403(
    harness: GatewayHarness, effect: str, resource: str
) -> None:
    status, message = await outcome(harness, result(policyDocument=policy(effect, resource)))
    assert status == 403
    assert message.startswith("User is not authorized to access this resource")
    assert harness.events("connect") == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"policyDocument": policy()},
        {"principalId": 1, "policyDocument": policy()},
        {"principalId": "x"},
        {"principalId": "x", "policyDocument": {"Statement": [{"Effect": "Maybe"}]}},
        result({"nested": {}}),
        result({"list": []}),
        result({"null": None}),
        result({"long": "x" * 8192}),
    ],
)
async def test_a_malformed_result_is_500(harness: GatewayHarness, answer: object) -> None:
    assert await outcome(harness, answer) == (500, "Internal server error")


async def test_an_unsupported_authorization_type_is_500(harness: GatewayHarness) -> None:
    await harness.start(api(Route(key="$connect", authorization="AWS_IAM", integration=proxy("connect"))))
    with pytest.raises(InvalidStatus) as refused:
        await harness.connect()
    assert refused.value.response.status_code == 500


@pytest.mark.parametrize(
    ("document", "decision"),
    [
        (policy(), "Allow"),
        (policy(resource="*"), "Allow"),
        (policy(resource=ARN.replace("$connect", "*")), "Allow"),
        (policy(resource=ARN.replace("live", "l?ve")), "Allow"),
        (policy(Action="execute-api:*"), "Allow"),
        (policy(Action=["s3:GetObject", "EXECUTE-API:invoke"]), "Allow"),
        (policy(Action="execute-api:ManageConnections"), "NoMatch"),
        (policy(resource=ARN + "x"), "NoMatch"),
        (policy("Deny"), "Deny"),
        ({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "Allow"),
    ],
)
def test_policies_are_evaluated_as_iam_does(document: dict[str, object], decision: str) -> None:
    assert evaluate_policy(document, ARN) == decision


def test_an_explicit_deny_wins_in_any_position() -> None:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert evaluate_policy({"Statement": [allow, deny]}, ARN) == "Deny"
    assert evaluate_policy({"Statement": [deny, allow]}, ARN) == "Deny"


@pytest.mark.parametrize("key", ["Condition", "NotAction", "NotResource"])
def test_an_unsupported_policy_element_is_an_error_that_names_it(key: str) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", key: {"x": "y"}}
    with pytest.raises(PolicyError, match=key):
        evaluate_policy({"Statement": [statement]}, ARN)

"""The events of a connection, and its log lines."""

import pytest

from pulumi_local_aws.gateway.api.model import Stage
from pulumi_local_aws.gateway.ids import is_id
from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import API_ID, STAGE, api, ok, one_way, two_way


async def test_the_connect_event_has_aws_shape(harness: GatewayHarness) -> None:
    await harness.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await harness.connect(harness.url("?a=1&a=2&b="), additional_headers=[("X-Two", "1"), ("X-Two", "2")])
    (event,) = harness.events("connect")
    assert sorted(event) == [
        "headers",
        "isBase64Encoded",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
    ]
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["headers"]["X-Two"] == "2"
    assert event["multiValueHeaders"]["X-Two"] == ["1", "2"]
    assert event["headers"]["X-Forwarded-Proto"] == "https"
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert not {"Connection", "Upgrade"} & event["headers"].keys()
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert sorted(context) == [
        "apiId",
        "connectedAt",
        "connectionId",
        "domainName",
        "eventType",
        "extendedRequestId",
        "identity",
        "messageDirection",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "routeKey",
        "stage",
    ]
    assert (context["routeKey"], context["eventType"], context["messageDirection"]) == (
        "$connect",
        "CONNECT",
        "IN",
    )
    assert (context["apiId"], context["stage"]) == (API_ID, STAGE)
    assert context["requestId"] == context["extendedRequestId"]
    assert context["connectedAt"] <= context["requestTimeEpoch"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"].startswith("Python/")
    assert context["connectionId"] == harness.connection_id
    assert is_id(context["connectionId"])


async def test_without_a_query_string_the_event_lacks_its_fields(harness: GatewayHarness) -> None:
    await harness.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await harness.connect()
    assert "queryStringParameters" not in harness.events("connect")[0]


async def test_stage_variables_are_in_the_events(harness: GatewayHarness) -> None:
    stage = Stage(name=STAGE, variables={"colour": "blue"})
    await harness.start(api(one_way("$connect", "connect"), stage=stage), connect=lambda _: ok())
    await harness.connect()
    assert harness.events("connect")[0]["stageVariables"] == {"colour": "blue"}


async def test_messages_repeat_the_connection_but_not_its_headers(harness: GatewayHarness) -> None:
    await harness.start(
        api(one_way("$connect", "connect"), two_way("$default", "go")),
        connect=lambda _: ok(),
        go=lambda _: ok("x"),
    )
    client = await harness.connect()
    await client.send("hi")
    await client.recv()
    (connected,), (message,) = harness.events("connect"), harness.events("go")
    assert sorted(message) == ["body", "isBase64Encoded", "requestContext"]
    context = message["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$default", "MESSAGE")
    assert is_id(context["messageId"])
    for same in ("connectionId", "connectedAt", "domainName", "identity"):
        assert context[same] == connected["requestContext"][same]
    assert context["requestId"] != connected["requestContext"]["requestId"]


async def test_the_log_omits_connection_ids_addresses_and_tokens(
    harness: GatewayHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await harness.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await harness.connect(
        harness.url("?token=secret-token"), additional_headers={"Authorization": "Bearer secret-token"}
    )
    await harness.call_management_api("POST", harness.connection_id, b"x")
    (connection,) = harness.gateway.runtime.open_connections()
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("pulumi_local_aws", "aiohttp"))
    ]
    assert f"connected connection={connection.log_id} api={API_ID} stage={STAGE}" in lines
    for hidden in ("secret-token", connection.id, "127.0.0.1"):
        assert hidden not in "\n".join(lines)

"""The events of a connection, and what the log says of it."""

import pytest

from pulumi_local_aws.gateway.api.model import Stage
from pulumi_local_aws.gateway.ids import is_id
from tests.emulator.gateway.conftest import Local
from tests.emulator.gateway.fakes import API_ID, STAGE, api, ok, one_way, two_way


async def test_the_connect_event_has_aws_shape(local: Local) -> None:
    await local.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await local.connect(local.url("?a=1&a=2&b="), additional_headers=[("X-Two", "1"), ("X-Two", "2")])
    (event,) = local.events("connect")
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
    assert context["connectionId"] == local.connection_id
    assert is_id(context["connectionId"])


async def test_without_a_query_string_the_event_has_no_such_fields(local: Local) -> None:
    await local.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await local.connect()
    assert "queryStringParameters" not in local.events("connect")[0]


async def test_stage_variables_are_in_the_events(local: Local) -> None:
    stage = Stage(name=STAGE, variables={"colour": "blue"})
    await local.start(api(one_way("$connect", "connect"), stage=stage), connect=lambda _: ok())
    await local.connect()
    assert local.events("connect")[0]["stageVariables"] == {"colour": "blue"}


async def test_messages_repeat_the_connection_but_not_its_headers(local: Local) -> None:
    await local.start(
        api(one_way("$connect", "connect"), two_way("$default", "go")),
        connect=lambda _: ok(),
        go=lambda _: ok("x"),
    )
    client = await local.connect()
    await client.send("hi")
    await client.recv()
    (connected,), (message,) = local.events("connect"), local.events("go")
    assert sorted(message) == ["body", "isBase64Encoded", "requestContext"]
    context = message["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$default", "MESSAGE")
    assert is_id(context["messageId"])
    for same in ("connectionId", "connectedAt", "domainName", "identity"):
        assert context[same] == connected["requestContext"][same]
    assert context["requestId"] != connected["requestContext"]["requestId"]


async def test_the_log_names_no_connection_address_or_token(
    local: Local, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await local.start(api(one_way("$connect", "connect")), connect=lambda _: ok())
    await local.connect(
        local.url("?token=secret-token"), additional_headers={"Authorization": "Bearer secret-token"}
    )
    await local.call("POST", local.connection_id, b"x")
    connection = next(local.gateway.runtime.open_connections())
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("pulumi_local_aws", "aiohttp"))
    ]
    assert f"connected connection={connection.log_id} api={API_ID} stage={STAGE}" in lines
    for hidden in ("secret-token", connection.id, "127.0.0.1"):
        assert hidden not in "\n".join(lines)

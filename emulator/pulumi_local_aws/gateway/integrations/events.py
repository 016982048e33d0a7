"""The events that functions get, in the shape AWS gives them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from pulumi_local_aws.gateway.api.model import CONNECT, DISCONNECT
from pulumi_local_aws.gateway.clock import request_time
from pulumi_local_aws.gateway.ids import new_id, new_trace_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """The upgrade request: header pairs as sent, and the raw query string."""

    headers: tuple[tuple[str, str], ...]
    query: str
    source_ip: str
    host: str

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def parameters(self) -> dict[str, list[str]]:
        return _grouped(parse_qsl(self.query, keep_blank_values=True))


@dataclass(slots=True, kw_only=True)
class Caller:
    """What every event of one connection repeats."""

    api_id: str
    stage: str
    connection_id: str
    connected_at: int
    domain_name: str
    source_ip: str
    user_agent: str | None
    stage_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    authorizer: Mapping[str, object] | None = None


def request_context(caller: Caller, route_key: str, event_type: str, now_ms: int) -> dict[str, object]:
    """`requestContext` as all events have it. `requestId` equals `extendedRequestId`, as AWS documents."""
    request_id = new_id()
    identity: dict[str, object] = {"sourceIp": caller.source_ip}
    if caller.user_agent is not None:
        identity["userAgent"] = caller.user_agent
    context: dict[str, object] = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now_ms),
        "messageDirection": "IN",
        "stage": caller.stage,
        "connectedAt": caller.connected_at,
        "requestTimeEpoch": now_ms,
        "identity": identity,
        "requestId": request_id,
        "domainName": caller.domain_name,
        "connectionId": caller.connection_id,
        "apiId": caller.api_id,
    }
    if caller.authorizer is not None:
        context["authorizer"] = caller.authorizer
    return context


def connect_event(caller: Caller, handshake: Handshake, now_ms: int) -> dict[str, object]:
    """`$connect`: the only event with the client's headers and query string.

    Events captured on AWS lack the hop-by-hop headers, which the authorizer's documented input has.
    """
    end_to_end = tuple(pair for pair in handshake.headers if pair[0].lower() not in ("connection", "upgrade"))
    return {
        **_handshake_fields(replace(handshake, headers=end_to_end)),
        **_stage_variables(caller),
        "requestContext": request_context(caller, CONNECT, "CONNECT", now_ms),
        "isBase64Encoded": False,
    }


def authorizer_event(caller: Caller, handshake: Handshake, method_arn: str, now_ms: int) -> dict[str, object]:
    """The REQUEST authorizer's input."""
    fields = _handshake_fields(handshake)
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        **fields,
        "queryStringParameters": fields.get("queryStringParameters", {}),
        "multiValueQueryStringParameters": fields.get("multiValueQueryStringParameters", {}),
        "stageVariables": dict(caller.stage_variables),
        "requestContext": request_context(caller, CONNECT, "CONNECT", now_ms),
    }


def message_event(caller: Caller, route_key: str, body: str, now_ms: int) -> dict[str, object]:
    """A message: the body is the frame's text, as it came."""
    context = request_context(caller, route_key, "MESSAGE", now_ms)
    context["messageId"] = new_id()
    return {**_stage_variables(caller), "requestContext": context, "body": body, "isBase64Encoded": False}


def disconnect_event(caller: Caller, code: int, reason: str, now_ms: int) -> dict[str, object]:
    """`$disconnect`, with the close code and reason, from whichever side they came."""
    context = request_context(caller, DISCONNECT, "DISCONNECT", now_ms)
    context["disconnectStatusCode"] = code
    context["disconnectReason"] = reason
    headers = {"Host": caller.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        **_stage_variables(caller),
        "requestContext": context,
        "isBase64Encoded": False,
    }


def _stage_variables(caller: Caller) -> dict[str, object]:
    return {"stageVariables": dict(caller.stage_variables)} if caller.stage_variables else {}


def _handshake_fields(handshake: Handshake) -> dict[str, object]:
    """Headers and query string, single (the last value wins) and multiple; no query, no such fields."""
    headers = _grouped(handshake.headers)
    headers.setdefault("X-Amzn-Trace-Id", [new_trace_id(int(time.time()))])
    headers.setdefault("X-Forwarded-For", [handshake.source_ip])
    headers.setdefault("X-Forwarded-Port", ["443"])
    headers.setdefault("X-Forwarded-Proto", ["https"])
    fields: dict[str, object] = {"headers": _last(headers), "multiValueHeaders": headers}
    if parameters := handshake.parameters():
        fields["queryStringParameters"] = _last(parameters)
        fields["multiValueQueryStringParameters"] = parameters
    return fields


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _last(grouped: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in grouped.items()}

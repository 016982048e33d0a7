"""The events that functions receive, in the shape that AWS documents.

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
class UpgradeRequest:
    """The HTTP request that opens a WebSocket: header pairs as sent, and the raw query string."""

    headers: tuple[tuple[str, str], ...]
    path: str
    query: str
    source_ip: str

    @property
    def host(self) -> str:
        return self.header("Host") or ""

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def parameters(self) -> dict[str, list[str]]:
        return _grouped(parse_qsl(self.query, keep_blank_values=True))


@dataclass(slots=True, kw_only=True)
class ConnectionContext:
    """The values that every event of one connection repeats."""

    api_id: str
    stage: str
    connection_id: str
    connected_at: int
    domain_name: str
    source_ip: str
    user_agent: str | None
    stage_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    authorizer: Mapping[str, object] | None = None

    def summary(self) -> dict[str, object]:
        """Return what the inspector shows; the user is the authorizer's principal, or None."""
        return {
            "apiId": self.api_id,
            "stage": self.stage,
            "connectedAt": self.connected_at,
            "user": (self.authorizer or {}).get("principalId"),
        }


def request_context(
    connection: ConnectionContext, route_key: str, event_type: str, now_ms: int
) -> dict[str, object]:
    """Return the `requestContext` of an event. AWS documents that `requestId` equals `extendedRequestId`."""
    request_id = new_id()
    identity: dict[str, object] = {"sourceIp": connection.source_ip}
    if connection.user_agent is not None:
        identity["userAgent"] = connection.user_agent
    context: dict[str, object] = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now_ms),
        "messageDirection": "IN",
        "stage": connection.stage,
        "connectedAt": connection.connected_at,
        "requestTimeEpoch": now_ms,
        "identity": identity,
        "requestId": request_id,
        "domainName": connection.domain_name,
        "connectionId": connection.connection_id,
        "apiId": connection.api_id,
    }
    if connection.authorizer is not None:
        context["authorizer"] = connection.authorizer
    return context


def connect_event(connection: ConnectionContext, upgrade: UpgradeRequest, now_ms: int) -> dict[str, object]:
    """Return the `$connect` event, the only one with the client's headers and query string.

    Events captured on AWS lack the hop-by-hop headers; the authorizer's documented input has them.
    """
    end_to_end = tuple(pair for pair in upgrade.headers if pair[0].lower() not in ("connection", "upgrade"))
    return {
        **_request_fields(replace(upgrade, headers=end_to_end)),
        **_stage_variables(connection),
        "requestContext": request_context(connection, CONNECT, "CONNECT", now_ms),
        "isBase64Encoded": False,
    }


def authorizer_event(
    connection: ConnectionContext, upgrade: UpgradeRequest, method_arn: str, now_ms: int
) -> dict[str, object]:
    """Return the input of the REQUEST authorizer."""
    fields = _request_fields(upgrade)
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        **fields,
        "queryStringParameters": fields.get("queryStringParameters", {}),
        "multiValueQueryStringParameters": fields.get("multiValueQueryStringParameters", {}),
        "stageVariables": dict(connection.stage_variables),
        "requestContext": request_context(connection, CONNECT, "CONNECT", now_ms),
    }


def message_event(connection: ConnectionContext, route_key: str, body: str, now_ms: int) -> dict[str, object]:
    """Return the event of a message; `body` is the unchanged text of the frame."""
    context = request_context(connection, route_key, "MESSAGE", now_ms)
    context["messageId"] = new_id()
    return {
        **_stage_variables(connection),
        "requestContext": context,
        "body": body,
        "isBase64Encoded": False,
    }


def disconnect_event(connection: ConnectionContext, code: int, reason: str, now_ms: int) -> dict[str, object]:
    """Return the `$disconnect` event with the close code and reason of the side that closed first."""
    context = request_context(connection, DISCONNECT, "DISCONNECT", now_ms)
    context["disconnectStatusCode"] = code
    context["disconnectReason"] = reason
    headers = {"Host": connection.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        **_stage_variables(connection),
        "requestContext": context,
        "isBase64Encoded": False,
    }


def _stage_variables(connection: ConnectionContext) -> dict[str, object]:
    return {"stageVariables": dict(connection.stage_variables)} if connection.stage_variables else {}


def _request_fields(upgrade: UpgradeRequest) -> dict[str, object]:
    """Return headers and query string, single (the last value wins) and multiple.

    Without a query string its two fields are missing.
    """
    headers = _grouped(upgrade.headers)
    headers.setdefault("X-Amzn-Trace-Id", [new_trace_id(int(time.time()))])
    headers.setdefault("X-Forwarded-For", [upgrade.source_ip])
    headers.setdefault("X-Forwarded-Port", ["443"])
    headers.setdefault("X-Forwarded-Proto", ["https"])
    fields: dict[str, object] = {"headers": _last_values(headers), "multiValueHeaders": headers}
    if parameters := upgrade.parameters():
        fields["queryStringParameters"] = _last_values(parameters)
        fields["multiValueQueryStringParameters"] = parameters
    return fields


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _last_values(grouped: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in grouped.items()}

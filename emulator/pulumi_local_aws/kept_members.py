"""Keeps the members of AWS's requests that MiniStack drops, so that they read back as on AWS.

It runs in MiniStack's own virtual environment, so it imports the standard library only. A service is a
`Module` of `guarded_ministack.py`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from xml.sax.saxutils import escape

INTEGRATION = (
    "connectionId",
    "credentialsArn",
    "integrationSubtype",
    "passthroughBehavior",
    "templateSelectionExpression",
    "tlsConfig",
)
"""Of CreateIntegration and UpdateIntegration."""
AUTHORIZER = ("authorizerType",)
"""Of UpdateAuthorizer."""
CERTIFICATE = ("KeyAlgorithm", "Options")
"""Of RequestCertificate."""

_ALARM_FILTERS = ("AlarmNamePrefix", "StateValue", "MaxRecords", "NextToken")
_WEB_SOCKET_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "integration": {"passthroughBehavior": "WHEN_NO_MATCH"},
    "authorizer": {},
}
"""What AWS fills in for a WebSocket API, by kind of record."""

Function = Callable[..., Any]


def keep_members(apigatewayv2: Any, acm: Any, cognito: Any, cloudwatch: Any) -> None:
    """Let these services of MiniStack keep the members."""
    _keep_in_api_gateway(apigatewayv2, "integration", INTEGRATION, ("create", "update"))
    _keep_in_api_gateway(apigatewayv2, "authorizer", AUTHORIZER, ("update",))
    _keep_in_certificates(acm)
    _keep_names_of_user_pools(cognito)
    _show_whole_alarms(cloudwatch)


def _keep_in_api_gateway(service: Any, kind: str, members: Iterable[str], operations: Iterable[str]) -> None:
    """Keep the members in the records of a kind. A request that empties one resets it."""
    apis = service.get("_apis")
    records, respond = service.get(f"_{kind}s"), service.get("_apigw_response")

    def keeping(operation: Function) -> Function:
        def call(api_id: str, *arguments: Any) -> Any:
            status, headers, body = operation(api_id, *arguments)
            if status >= 400:
                return status, headers, body
            record, request = records[api_id][json.loads(body)[f"{kind}Id"]], arguments[-1]
            for member in members:
                if request.get(member):
                    record[member] = request[member]
                elif member in request:
                    record.pop(member, None)
            if apis[api_id]["protocolType"] == "WEBSOCKET":
                for member, default in _WEB_SOCKET_DEFAULTS[kind].items():
                    record.setdefault(member, default)
            return respond(record, status)

        return call

    for name in operations:
        service.wrap(f"_{name}_{kind}", keeping)


def _keep_in_certificates(service: Any) -> None:
    certificates = service.get("_certificates")

    def keeping(request_certificate: Function) -> Function:
        def call(request: Any) -> Any:
            status, headers, body = request_certificate(request)
            if status < 400:
                record = certificates[json.loads(body)["CertificateArn"]]
                record.update({name: request[name] for name in CERTIFICATE if request.get(name)})
            return status, headers, body

        return call

    def showing(describe: Function) -> Function:
        def call(record: Any) -> Any:
            return {**describe(record), **{name: record[name] for name in CERTIFICATE if record.get(name)}}

        return call

    service.wrap("_request_certificate", keeping)
    service.wrap("_cert_shape", showing)


def _keep_names_of_user_pools(service: Any) -> None:
    """Let UpdateUserPool rename a pool."""
    pools = service.get("_user_pools")

    def keeping(update: Function) -> Function:
        def call(request: Any) -> Any:
            response = update(request)
            if response[0] < 400 and request.get("PoolName"):
                pools[request["UserPoolId"]]["Name"] = request["PoolName"]
            return response

        return call

    service.wrap("_update_user_pool", keeping)


def _show_whole_alarms(service: Any) -> None:
    """Let DescribeAlarms answer with all members in XML, AWS's older protocol, as it does in JSON.

    An alarm has one of the two kinds of statistic, where MiniStack adds an average to the other kind. In XML
    PutMetricAlarm drops the actions for missing data.
    """
    value_of, respond, alarms = service.get("_p"), service.get("_xml"), service.get("_alarms")

    def keeping(put: Function) -> Function:
        def call(params: Any, request: Any, *protocol: bool) -> Any:
            response = put(params, request, *protocol)
            alarm = alarms.get(request.get("AlarmName") or value_of(params, "AlarmName"))
            if alarm and alarm.get("ExtendedStatistic"):
                alarm.pop("Statistic", None)
            if alarm and (actions := list(_members(params, "InsufficientDataActions", value_of))):
                alarm["InsufficientDataActions"] = actions
            return response

        return call

    def showing(describe: Function) -> Function:
        def call(params: Any, request: Any, is_cbor: bool, is_json: bool = False) -> Any:
            if is_cbor or is_json:
                return describe(params, request, is_cbor, is_json)
            given: dict[str, Any] = {name: value_of(params, name) for name in _ALARM_FILTERS}
            for name in ("AlarmNames", "AlarmTypes"):
                given[name] = list(_members(params, name, value_of))
            known = {name: value for name, value in given.items() if value}
            status, _, body = describe(params, known, False, True)
            if status >= 400:
                return describe(params, request, is_cbor, is_json)
            return respond(status, "DescribeAlarmsResponse", _xml("DescribeAlarmsResult", json.loads(body)))

        return call

    service.wrap("_put_metric_alarm", keeping)
    service.wrap("_describe_alarms", showing)


def _members(params: Any, name: str, value_of: Function) -> Iterable[str]:
    number = 1
    while value := value_of(params, f"{name}.member.{number}"):
        yield value
        number += 1


def _xml(name: str, value: Any) -> str:
    """Return a value as an element of the query protocol, or an empty string for None."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = "".join(_xml(key, item) for key, item in cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        inner = "".join(_xml("member", item) for item in cast("list[Any]", value))
    elif isinstance(value, bool):
        inner = str(value).lower()
    elif name.endswith("Timestamp"):
        inner = datetime.fromtimestamp(float(value), UTC).isoformat()
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"

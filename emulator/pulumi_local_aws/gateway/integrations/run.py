"""Runs a route's integration and returns its result in one form.

AWS_PROXY passes the event and expects `{statusCode, headers, body}`; AWS and MOCK use mapping templates.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
"""

import asyncio
import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_local_aws.gateway.api.model import Integration
from pulumi_local_aws.gateway.integrations.errors import IntegrationError
from pulumi_local_aws.gateway.integrations.lambda_invoke import InvokeError, Invoker, with_stage_variables
from pulumi_local_aws.gateway.integrations.mapping import IntegrationMapping, NoTemplateError
from pulumi_local_aws.gateway.integrations.templates import TemplateError
from pulumi_local_aws.gateway.json_access import as_list, as_object, number, parse, strings, text
from pulumi_local_aws.gateway.limits import Limits

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationResult:
    """An integration's result; `body` is None if it has none."""

    status: int
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


async def run_integration(
    integration: Integration | None,
    event: Mapping[str, object],
    *,
    invoker: Invoker,
    limits: Limits,
    source_arn: str,
) -> IntegrationResult:
    """Run the integration within its timeout (at most 29 s, in real time). Raises IntegrationError."""
    if integration is None:
        raise _failure("the route has no integration")
    timeout_seconds = min(
        integration.timeout_seconds or limits.integration_seconds, limits.integration_seconds
    )
    try:
        async with asyncio.timeout(timeout_seconds):
            if integration.kind == "MOCK":
                return _mock(integration, event)
            if integration.kind in ("AWS_PROXY", "AWS"):
                source = None if integration.has_credentials else source_arn
                return await _invoke(integration, event, invoker, source)
    except TimeoutError as error:
        raise IntegrationError(504, "Endpoint request timed out") from error
    except (InvokeError, NoTemplateError, TemplateError, ValueError) as error:
        raise _failure(str(error)) from error
    raise _failure(f"integration type {integration.kind!r} is unsupported")


def _failure(reason: str, status: int = 500) -> IntegrationError:
    """Log the reason, which the client does not get."""
    _LOGGER.warning("integration failed: %s", reason)
    return IntegrationError(status, "Internal server error")


async def _invoke(
    integration: Integration, event: Mapping[str, object], invoker: Invoker, source_arn: str | None
) -> IntegrationResult:
    uri = with_stage_variables(integration.uri, strings(event.get("stageVariables")))
    is_proxy = integration.kind == "AWS_PROXY"
    mapping = IntegrationMapping(integration, event)
    invocation = await invoker.invoke(uri, event if is_proxy else mapping.request(), source_arn)
    payload = invocation.payload.decode()
    if is_proxy:
        if invocation.failed:
            raise _failure("the function raised an error", 502)
        return _proxy_result(payload)
    # For API Gateway a function error has status 200; its error message selects the integration response.
    selected = as_object(parse(payload)).get("errorMessage") or "200"
    return IntegrationResult(status=200, body=mapping.response(str(selected), payload))


def _proxy_result(payload: str) -> IntegrationResult:
    """Read `{statusCode, headers?, body?, isBase64Encoded?}`. Raises IntegrationError if it is malformed."""
    response = as_object(parse(payload))
    status = number(response.get("statusCode"))
    body = response.get("body")
    if status is None or not (body is None or isinstance(body, str)):
        raise _failure(
            "malformed Lambda proxy response: statusCode must be a number and body a string or null", 502
        )
    if isinstance(body, str) and response.get("isBase64Encoded") is True:
        body = base64.b64decode(body).decode()
    headers = strings(response.get("headers"))
    for name, values in as_object(response.get("multiValueHeaders")).items():
        headers[name] = text(next(iter(as_list(values)), ""))
    return IntegrationResult(status=int(status), body=body, headers=headers)


def _mock(integration: Integration, event: Mapping[str, object]) -> IntegrationResult:
    """Render the request template; the `statusCode` in its output selects the integration response.

    A mock has no backend response, so `$input` is empty in its response templates.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    mapping = IntegrationMapping(integration, event)
    output = mapping.request()
    status = number(as_object(parse(output)).get("statusCode")) if output else None
    if status is None:
        raise _failure('MOCK: the request template must render {"statusCode": ...}')
    return IntegrationResult(status=int(status), body=mapping.response(str(int(status)), "") or None)

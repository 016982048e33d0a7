"""Runs a route's integration and gives its result in one form.

AWS_PROXY passes the event and takes `{statusCode, headers, body}`; AWS and MOCK use mapping templates.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
"""

import asyncio
import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_local_aws.gateway.api.model import DEFAULT, Integration, IntegrationResponse
from pulumi_local_aws.gateway.integrations.lambda_invoke import InvokeError, Invoker, with_stage_variables
from pulumi_local_aws.gateway.integrations.templates import Scope, TemplateError, render
from pulumi_local_aws.gateway.json_access import as_list, as_object, number, parse, strings, text
from pulumi_local_aws.gateway.limits import Limits
from pulumi_local_aws.gateway.routes.selection import evaluate

_LOG = logging.getLogger("pulumi_local_aws.gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An integration's result; `body` None where it gave none."""

    status: int
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class IntegrationFailed(Exception):  # noqa: N818 - an answer to the client, not a defect
    """The client gets this message: as a frame, or with this status where it is connecting."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def run_integration(
    integration: Integration,
    event: Mapping[str, object],
    *,
    invoker: Invoker,
    limits: Limits,
    source_arn: str,
) -> Result:
    """Run it within its time-out (at most 29 s, in real time); raises IntegrationFailed."""
    most = min(integration.timeout or limits.integration_seconds, limits.integration_seconds)
    try:
        async with asyncio.timeout(most):
            if integration.kind == "MOCK":
                return _mock(integration, event)
            if integration.kind in ("AWS_PROXY", "AWS"):
                source = None if integration.credentials else source_arn
                return await _lambda(integration, event, invoker, source)
    except TimeoutError as error:
        raise IntegrationFailed(504, "Endpoint request timed out") from error
    except (InvokeError, TemplateError, ValueError) as error:
        raise _failed(str(error)) from error
    raise _failed(f"integration type {integration.kind!r} is not carried out")


def _failed(reason: str, status: int = 500) -> IntegrationFailed:
    _LOG.warning("integration failed: %s", reason)
    return IntegrationFailed(status, "Internal server error")


async def _lambda(
    integration: Integration, event: Mapping[str, object], invoker: Invoker, source_arn: str | None
) -> Result:
    uri = with_stage_variables(integration.uri, strings(event.get("stageVariables")))
    proxied = integration.kind == "AWS_PROXY"
    mapping = _Mapping(integration, event)
    try:
        invocation = await invoker.invoke(uri, event if proxied else mapping.request(), source_arn)
    except InvokeError as error:
        raise _failed(str(error)) from error
    payload = invocation.payload.decode()
    if proxied:
        if invocation.failed:
            raise _failed("the function raised an error", 502)
        return _proxy_result(payload)
    # A function's error is HTTP 200 to API Gateway; what tells it is the error message in the body.
    selected = as_object(parse(payload)).get("errorMessage") or "200"
    return Result(status=200, body=mapping.response(str(selected), payload))


def _proxy_result(payload: str) -> Result:
    """`{statusCode, headers?, body?, isBase64Encoded?}`; anything else is a malformed proxy response."""
    answer = as_object(parse(payload))
    status = number(answer.get("statusCode"))
    body = answer.get("body")
    if status is None or not (body is None or isinstance(body, str)):
        raise _failed("malformed Lambda proxy response: statusCode (a number) and body (a string)", 502)
    if isinstance(body, str) and answer.get("isBase64Encoded") is True:
        body = base64.b64decode(body).decode()
    headers = strings(answer.get("headers"))
    for name, values in as_object(answer.get("multiValueHeaders")).items():
        headers[name] = text(next(iter(as_list(values)), ""))
    return Result(status=int(status), body=body, headers=headers)


def _mock(integration: Integration, event: Mapping[str, object]) -> Result:
    """The request template's output gives the `statusCode` that selects the integration response.

    Nothing comes back from a mock, so `$input` is empty in its response templates.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    mapping = _Mapping(integration, event)
    output = mapping.request()
    status = number(as_object(parse(output)).get("statusCode")) if output else None
    if status is None:
        raise _failed('MOCK: the request template must give {"statusCode": ...}')
    return Result(status=int(status), body=mapping.response(str(int(status)), ""))


class _Mapping:
    """The templates around one run; what the request template overrides, the response template can read."""

    def __init__(self, integration: Integration, event: Mapping[str, object]) -> None:
        self._integration = integration
        self._body = text(event.get("body"))
        self._context = dict(as_object(event.get("requestContext")))
        self._variables = strings(event.get("stageVariables"))

    def request(self) -> str:
        """The payload for the backend: a template's output, or the message where passthrough allows it."""
        integration = self._integration
        template = self._template(integration.request_templates, integration.template_selection)
        if template is not None:
            return self._render(template, self._body)
        unfit = integration.passthrough == "WHEN_NO_TEMPLATES" and integration.request_templates
        if integration.passthrough == "NEVER" or unfit:
            raise _failed("no request template fits and the passthrough behavior refuses the message")
        return self._body

    def response(self, selected: str, payload: str) -> str:
        """The reply: by the integration response whose key (`/expression/`) fits, else by `$default`'s."""
        response = self._response_for(selected)
        template = response and self._template(response.templates, response.template_selection)
        return payload if template is None else self._render(template, payload)

    def _response_for(self, selected: str) -> IntegrationResponse | None:
        responses = self._integration.responses
        for response in responses:
            if response.key.startswith("/") and re.fullmatch(response.key.strip("/"), selected):
                return response
        return next((response for response in responses if response.key == DEFAULT), None)

    def _template(self, templates: Mapping[str, str], selection: str | None) -> str | None:
        """What the selection expression names (static, or `${request.body.name}`), else `$default`'s."""
        key = evaluate(selection.replace("\\$", "$"), self._body) if selection else None
        return templates.get(key or DEFAULT, templates.get(DEFAULT))

    def _render(self, template: str, body: str) -> str:
        return render(template, Scope(context=self._context, body=body, stage_variables=self._variables))

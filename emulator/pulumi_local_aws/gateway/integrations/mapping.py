"""Applies the mapping templates of a MOCK or AWS integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

import re
from collections.abc import Mapping

from pulumi_local_aws.gateway.api.model import DEFAULT, Integration, IntegrationResponse
from pulumi_local_aws.gateway.integrations.templates import Scope, render
from pulumi_local_aws.gateway.json_access import as_object, parse, strings, text
from pulumi_local_aws.gateway.selection_expression import evaluate


class NoTemplateError(Exception):
    """No request template matches, and the passthrough behavior rejects the message."""


class IntegrationMapping:
    """The templates of one run; the response template can read what the request template overrode."""

    def __init__(self, integration: Integration, event: Mapping[str, object]) -> None:
        self._integration = integration
        self._body = text(event.get("body"))
        self._context = dict(as_object(event.get("requestContext")))
        self._stage_variables = strings(event.get("stageVariables"))

    def request(self) -> str:
        """Return the payload for the backend: a template's output, or the message if passthrough allows it.

        Raises NoTemplateError, TemplateError.
        """
        integration = self._integration
        template = self._select(integration.request_templates, integration.template_selection)
        if template is not None:
            return self._render(template, self._body)
        rejects = integration.passthrough == "WHEN_NO_TEMPLATES" and bool(integration.request_templates)
        if integration.passthrough == "NEVER" or rejects:
            raise NoTemplateError(
                f"no request template matches and passthroughBehavior is {integration.passthrough}"
            )
        return self._body

    def response(self, selected: str, payload: str) -> str:
        """Return the reply by the integration response whose key (`/expression/`) matches, or by `$default`.

        Without both, the payload is the reply. Raises TemplateError.
        """
        response = self._response_for(self._response_key(selected, payload))
        template = response and self._select(response.templates, response.template_selection)
        return payload if template is None else self._render(template, payload)

    def _response_key(self, selected: str, payload: str) -> str | None:
        """Evaluate the integration response selection expression; without one the key is `selected`."""
        expression = self._integration.response_selection
        if expression is None:
            return selected
        try:
            body = parse(payload)
        except ValueError:
            body = payload
        status = selected if selected.isdecimal() else "200"
        response = {"statuscode": status, "body": body}
        return evaluate(expression, self._body, {**self._variables(), "integration": {"response": response}})

    def _variables(self) -> dict[str, object]:
        return {"context": self._context, "stageVariables": self._stage_variables}

    def _response_for(self, key: str | None) -> IntegrationResponse | None:
        responses = self._integration.responses
        for response in responses:
            if key is not None and _matches(response.key, key):
                return response
        return next((response for response in responses if response.key == DEFAULT), None)

    def _select(self, templates: Mapping[str, str], selection: str | None) -> str | None:
        """Return the template that the selection expression names, or the template `$default`, or None."""
        key = evaluate(selection, self._body, self._variables()) if selection else None
        return templates.get(key or DEFAULT, templates.get(DEFAULT))

    def _render(self, template: str, body: str) -> str:
        scope = Scope(context=self._context, body=body, stage_variables=self._stage_variables)
        return render(template, scope)


def _matches(response_key: str, key: str) -> bool:
    """Return whether the key equals the response key or matches its pattern `/expression/`."""
    if response_key.startswith("/"):
        return re.fullmatch(response_key.strip("/"), key) is not None
    return response_key == key

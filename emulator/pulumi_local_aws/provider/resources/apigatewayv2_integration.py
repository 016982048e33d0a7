"""Define API Gateway v2's integrations and their responses."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import Resource, State


class Integration(Resource):
    """An integration: the backend of a route."""

    token = "aws:apigatewayv2/integration:Integration"
    service = "apigatewayv2"
    keys = {"ApiId": "apiId", "IntegrationId": "id"}
    id_member = "IntegrationId"
    create_operation = "CreateIntegration"
    read_operation = "GetIntegration"
    update_operation = "UpdateIntegration"
    delete_operation = "DeleteIntegration"
    shaping = ("responseParameters",)
    overrides = {
        "integrationMethod": {"computed": True, "because": "pulumi-aws decides it at run time"},
        "timeoutMilliseconds": {"api": "TimeoutInMillis"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = _responses_by_status(super().create_request(inputs))
        # pulumi-aws leaves AWS's default out: HTTP APIs have no such member.
        if request.get("PassthroughBehavior") == self.table["passthroughBehavior"].default:
            del request["PassthroughBehavior"]
        return request

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        return _responses_by_status(super().changes(news, changed))

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        responses = get_object(answer, "ResponseParameters")
        response = {
            **answer,
            "ResponseParameters": [
                {"StatusCode": status, "Mappings": mappings} for status, mappings in responses.items()
            ],
        }
        return super().outputs(cloud, resource_id, state, response)


def _responses_by_status(parameters: dict[str, Any]) -> dict[str, Any]:
    """Convert the response parameters to a map by status, as AWS takes them."""
    if isinstance(parameters.get("ResponseParameters"), list):
        entries = get_list(parameters, "ResponseParameters")
        parameters["ResponseParameters"] = {entry["StatusCode"]: entry["Mappings"] for entry in entries}
    return parameters


class IntegrationResponse(Resource):
    """An integration response: the template of a MOCK integration's reply, for example."""

    token = "aws:apigatewayv2/integrationResponse:IntegrationResponse"
    service = "apigatewayv2"
    keys = {"ApiId": "apiId", "IntegrationId": "integrationId", "IntegrationResponseId": "id"}
    id_member = "IntegrationResponseId"
    create_operation = "CreateIntegrationResponse"
    read_operation = "GetIntegrationResponse"
    update_operation = "UpdateIntegrationResponse"
    delete_operation = "DeleteIntegrationResponse"


RESOURCES: tuple[type[Resource], ...] = (Integration, IntegrationResponse)

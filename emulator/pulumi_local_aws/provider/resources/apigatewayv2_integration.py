"""Define API Gateway v2's integrations and their responses."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import REGION, Resource, State
from pulumi_local_aws.provider.schema import block, integer, mapping, output, text, unordered


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
    table = {
        "apiId": text(required=True, replace=True),
        "connectionId": text(forgotten=True),
        "connectionType": text(default="INTERNET"),
        "contentHandlingStrategy": text(),
        "credentialsArn": text(forgotten=True),
        "description": text(),
        "integrationMethod": text(computed=True),
        "integrationSubtype": text(replace=True, forgotten=True),
        "integrationType": text(required=True, replace=True),
        "integrationUri": text(),
        "passthroughBehavior": text(default="WHEN_NO_MATCH", forgotten=True),
        "payloadFormatVersion": text(default="1.0"),
        "requestParameters": mapping(),
        "requestTemplates": mapping(),
        "responseParameters": unordered(
            {"mappings": mapping(required=True), "statusCode": text(required=True)}
        ),
        "templateSelectionExpression": text(forgotten=True),
        "timeoutMilliseconds": integer(api="TimeoutInMillis", computed=True),
        "tlsConfig": block({"serverNameToVerify": text()}, forgotten=True),
        "integrationResponseSelectionExpression": output(),
        **REGION,
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return _responses_by_status(super().create_request(inputs))

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
    table = {
        "apiId": text(required=True, replace=True),
        "contentHandlingStrategy": text(),
        "integrationId": text(required=True, replace=True),
        "integrationResponseKey": text(required=True),
        "responseTemplates": mapping(),
        "templateSelectionExpression": text(),
        **REGION,
    }


RESOURCES: tuple[type[Resource], ...] = (Integration, IntegrationResponse)

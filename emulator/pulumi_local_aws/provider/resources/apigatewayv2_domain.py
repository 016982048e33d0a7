"""Define API Gateway v2's custom domain names and their mappings to APIs."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.resources.apigatewayv2_api import TAGGING


class DomainName(Resource):
    """A custom domain name, which is its id."""

    token = "aws:apigatewayv2/domainName:DomainName"
    service = "apigatewayv2"
    tagging = TAGGING
    keys = {"DomainName": "id"}
    id_member = "DomainName"
    create_operation = "CreateDomainName"
    read_operation = "GetDomainName"
    update_operation = "UpdateDomainName"
    delete_operation = "DeleteDomainName"
    shaping = ("domainNameConfiguration",)
    overrides = {
        "domainNameConfiguration": {"api": "DomainNameConfigurations"},
        "domainNameConfiguration.targetDomainName": {"api": "ApiGatewayDomainName"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return _as_list(super().create_request(inputs))

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = {**answer, "DomainNameConfigurations": answer["DomainNameConfigurations"][0]}
        found = super().outputs(cloud, resource_id, state, response)
        return {**found, "arn": cloud.arn("apigateway", f"/domainnames/{resource_id}", account=False)}

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        parameters = super().changes(news, changed)
        if "mutualTlsAuthentication" in changed and not news.get("mutualTlsAuthentication"):
            # API Gateway removes the truststore that is set to an empty string.
            parameters["MutualTlsAuthentication"] = {"TruststoreUri": ""}
        return _as_list(parameters)


class ApiMapping(Resource):
    """A path of a custom domain name that leads to a stage."""

    token = "aws:apigatewayv2/apiMapping:ApiMapping"
    service = "apigatewayv2"
    keys = {"ApiMappingId": "id", "DomainName": "domainName"}
    id_member = "ApiMappingId"
    create_operation = "CreateApiMapping"
    read_operation = "GetApiMapping"
    update_operation = "UpdateApiMapping"
    delete_operation = "DeleteApiMapping"

    def sent(self, changed: set[str]) -> set[str]:
        return super().sent(changed) | {"apiId"} if changed else set()


def _as_list(parameters: dict[str, Any]) -> dict[str, Any]:
    """Put the configuration of a domain into a list: AWS takes a list of one."""
    name = "DomainNameConfigurations"
    return {**parameters, name: [parameters[name]]} if name in parameters else parameters


RESOURCES: tuple[type[Resource], ...] = (DomainName, ApiMapping)

"""Define API Gateway v2's routes, route responses, authorizers and deployments."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State


class Route(Resource):
    """A route of an API."""

    token = "aws:apigatewayv2/route:Route"
    service = "apigatewayv2"
    keys = {"ApiId": "apiId", "RouteId": "id"}
    id_member = "RouteId"
    create_operation = "CreateRoute"
    read_operation = "GetRoute"
    update_operation = "UpdateRoute"
    delete_operation = "DeleteRoute"
    shaping = ("requestParameters",)

    def create_request(self, inputs: State) -> dict[str, Any]:
        return _required_by_key(super().create_request(inputs))

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        return _required_by_key(super().changes(news, changed))

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = {
            **answer,
            "RequestParameters": [
                {"RequestParameterKey": key, "Required": constraint.get("Required", False)}
                for key, constraint in get_object(answer, "RequestParameters").items()
            ],
        }
        return super().outputs(cloud, resource_id, state, response)


def _required_by_key(parameters: dict[str, Any]) -> dict[str, Any]:
    """Convert the request parameters to a map by key, as AWS takes them."""
    if isinstance(parameters.get("RequestParameters"), list):
        entries = get_list(parameters, "RequestParameters")
        parameters["RequestParameters"] = {
            entry["RequestParameterKey"]: {"Required": entry["Required"]} for entry in entries
        }
    return parameters


class RouteResponse(Resource):
    """A route response; a route that has one replies to its caller."""

    token = "aws:apigatewayv2/routeResponse:RouteResponse"
    service = "apigatewayv2"
    keys = {"ApiId": "apiId", "RouteId": "routeId", "RouteResponseId": "id"}
    id_member = "RouteResponseId"
    create_operation = "CreateRouteResponse"
    read_operation = "GetRouteResponse"
    update_operation = "UpdateRouteResponse"
    delete_operation = "DeleteRouteResponse"


class Authorizer(Resource):
    """An authorizer of an API."""

    token = "aws:apigatewayv2/authorizer:Authorizer"
    service = "apigatewayv2"
    autoname = AutoName()
    keys = {"ApiId": "apiId", "AuthorizerId": "id"}
    id_member = "AuthorizerId"
    create_operation = "CreateAuthorizer"
    read_operation = "GetAuthorizer"
    update_operation = "UpdateAuthorizer"
    delete_operation = "DeleteAuthorizer"
    overrides = {
        "authorizerPayloadFormatVersion": {
            "computed": True,
            "because": "the emulator returns a version where AWS returns none",
        },
        "identitySources": {"api": "IdentitySource"},
        "jwtConfiguration.audiences": {"api": "Audience"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        # CreateAuthorizer requires the member; without identity sources it is an empty list.
        return {"IdentitySource": [], **super().create_request(inputs)}


class Deployment(Resource):
    """A deployment of an API."""

    token = "aws:apigatewayv2/deployment:Deployment"
    service = "apigatewayv2"
    keys = {"ApiId": "apiId", "DeploymentId": "id"}
    id_member = "DeploymentId"
    create_operation = "CreateDeployment"
    read_operation = "GetDeployment"
    update_operation = "UpdateDeployment"
    delete_operation = "DeleteDeployment"
    overrides = {
        "triggers": {"local": True},
    }


RESOURCES: tuple[type[Resource], ...] = (Route, RouteResponse, Authorizer, Deployment)

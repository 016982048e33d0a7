"""Define API Gateway v2's APIs and stages, WebSocket and HTTP."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources.apigateway_account import check_log_role
from pulumi_local_aws.provider.tagging import Tagging

# GetTags: the emulator's GetApi and GetStage return the tags of the creation only.
TAGGING = Tagging(service="apigatewayv2", address="ResourceArn", list_operation="GetTags")


class Api(Resource):
    """An API. Its endpoint is the WebSocket gateway's, or the emulator's for an HTTP API."""

    token = "aws:apigatewayv2/api:Api"
    service = "apigatewayv2"
    autoname = AutoName()
    tagging = TAGGING
    keys = {"ApiId": "id"}
    id_member = "ApiId"
    create_operation = "CreateApi"
    read_operation = "GetApi"
    update_operation = "UpdateApi"
    delete_operation = "DeleteApi"

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        found = super().outputs(cloud, resource_id, state, answer)
        return {
            **found,
            "apiEndpoint": api_endpoint(cloud, resource_id, answer["ProtocolType"]),
            "arn": cloud.arn("apigateway", f"/apis/{resource_id}", account=False),
            "executionArn": cloud.arn("execute-api", resource_id),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "corsConfiguration" in changed and news.get("corsConfiguration") is None:
            cloud.call(self.service, "DeleteCorsConfiguration", ApiId=resource_id)
            changed = changed - {"corsConfiguration"}
        super().update(cloud, resource_id, state, news, changed)


class Stage(Resource):
    """A stage. Clients of the local stack connect to `invokeUrl`."""

    token = "aws:apigatewayv2/stage:Stage"
    service = "apigatewayv2"
    autoname = AutoName()
    tagging = TAGGING
    keys = {"ApiId": "apiId", "StageName": "id"}
    id_member = "StageName"
    create_operation = "CreateStage"
    read_operation = "GetStage"
    update_operation = "UpdateStage"
    delete_operation = "DeleteStage"
    shaping = ("routeSettings",)
    overrides = {
        "name": {"api": "StageName"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return _by_route(super().create_request(inputs))

    def create(self, cloud: Cloud, inputs: State) -> str:
        _check_access_logs(cloud, inputs)
        return super().create(cloud, inputs)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "accessLogSettings" in changed:
            _check_access_logs(cloud, news)
        if not cloud.endpoint:
            # The emulator would delete the stage; its UpdateStage replaces all settings, so none remain.
            changed = self._delete_settings(cloud, resource_id, state, news, changed)
        parameters = _by_route(self.changes(news, changed))
        if "stageVariables" in changed:
            # API Gateway removes a variable that is set to an empty string.
            removed = dict.fromkeys(get_object(state, "stageVariables"), "")
            parameters["StageVariables"] = {**removed, **get_object(news, "stageVariables")}
        if parameters:
            address = self.address(resource_id, state)
            cloud.call(self.service, self.update_operation, **{**parameters, **address})

    def _delete_settings(
        self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]
    ) -> set[str]:
        """Remove the settings that UpdateStage cannot remove; return the remaining changes."""
        address = self.address(resource_id, state)
        if "routeSettings" in changed:
            kept = {entry["routeKey"] for entry in get_list(news, "routeSettings")}
            for entry in get_list(state, "routeSettings"):
                if entry["routeKey"] not in kept:
                    cloud.call(self.service, "DeleteRouteSettings", **address, RouteKey=entry["routeKey"])
        if "accessLogSettings" in changed and news.get("accessLogSettings") is None:
            cloud.call(self.service, "DeleteAccessLogSettings", **address)
            changed = changed - {"accessLogSettings"}
        return changed

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        api_id = state["apiId"]
        settings = get_object(answer, "RouteSettings")
        variables = get_object(answer, "StageVariables")
        response = {
            **answer,
            "RouteSettings": [{"RouteKey": key, **setting} for key, setting in settings.items()],
            # AWS removes a variable that is set to an empty string; the emulator keeps it.
            "StageVariables": {name: value for name, value in variables.items() if value},
        }
        protocol = cloud.call(self.service, "GetApi", ApiId=api_id)["ProtocolType"]
        return {
            **super().outputs(cloud, resource_id, state, response),
            "arn": cloud.arn("apigateway", f"/apis/{api_id}/stages/{resource_id}", account=False),
            "executionArn": cloud.arn("execute-api", f"{api_id}/{resource_id}"),
            "invokeUrl": invoke_url(cloud, api_id, resource_id, protocol),
        }


def _check_access_logs(cloud: Cloud, inputs: State) -> None:
    """Raise AwsError if a WebSocket stage has access logs and the account no role for them."""
    if not inputs.get("accessLogSettings") or not cloud.endpoint:
        return
    if cloud.call("apigatewayv2", "GetApi", ApiId=inputs["apiId"])["ProtocolType"] == "WEBSOCKET":
        check_log_role(cloud)


def _by_route(parameters: dict[str, Any]) -> dict[str, Any]:
    """Convert the route settings to a map by route key, as AWS takes them."""
    if isinstance(parameters.get("RouteSettings"), list):
        entries = [dict(entry) for entry in parameters["RouteSettings"]]
        parameters["RouteSettings"] = {entry.pop("RouteKey"): entry for entry in entries}
    return parameters


def api_endpoint(cloud: Cloud, api_id: str, protocol: str) -> str:
    """Return the base URL of the API's stages: AWS's own host, or the local gateway or emulator."""
    if not cloud.endpoint:
        scheme = "wss" if protocol == "WEBSOCKET" else "https"
        return f"{scheme}://{api_id}.execute-api.{cloud.region}.amazonaws.com"
    if protocol == "WEBSOCKET":
        return f"{cloud.websocket_url}/_aws/execute-api/{api_id}"
    return f"{cloud.endpoint.replace('127.0.0.1', 'localhost')}/_aws/execute-api/{api_id}"


def invoke_url(cloud: Cloud, api_id: str, stage: str, protocol: str) -> str:
    """Return the stage's URL; AWS omits `$default` from it, the emulator requires it."""
    endpoint = api_endpoint(cloud, api_id, protocol)
    return f"{endpoint}/" if stage == "$default" and not cloud.endpoint else f"{endpoint}/{stage}"


RESOURCES: tuple[type[Resource], ...] = (Api, Stage)

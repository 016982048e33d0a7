"""Define API Gateway's settings of the account: the role with which it writes logs."""

from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.resource import Resource, State

_ID = "api-gateway-account"


class Account(Resource):
    """The settings of the account in a Region; deleting them removes the role."""

    token = "aws:apigateway/account:Account"
    service = "apigateway"
    read_operation = "GetAccount"
    overrides = {
        "apiKeyVersion": {"api": "apiKeyVersion"},
        "cloudwatchRoleArn": {"api": "cloudwatchRoleArn"},
        "features": {"api": "features"},
        "throttleSettings": {"api": "throttleSettings"},
        "throttleSettings.burstLimit": {"api": "burstLimit"},
        "throttleSettings.rateLimit": {"api": "rateLimit"},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        if inputs.get("cloudwatchRoleArn"):
            _set_role(cloud, inputs["cloudwatchRoleArn"])
        return _ID

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        return {}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        throttle = answer.get("throttleSettings")
        response = {**answer, "throttleSettings": [throttle] if throttle else []}
        return super().outputs(cloud, resource_id, state, response)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "cloudwatchRoleArn" in changed:
            _set_role(cloud, news.get("cloudwatchRoleArn") or "")

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        _set_role(cloud, "")


def check_log_role(cloud: Cloud) -> None:
    """Raise AwsError if the account has no role for logs: AWS then refuses a WebSocket stage's."""
    if not cloud.call("apigateway", "GetAccount").get("cloudwatchRoleArn"):
        raise AwsError(
            "UpdateStage",
            "BadRequestException",
            "CloudWatch Logs role ARN must be set in account settings to enable logging: "
            "create an aws:apigateway/account:Account",
        )


def _set_role(cloud: Cloud, role: str) -> None:
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    cloud.call("apigateway", "UpdateAccount", patchOperations=[patch])


RESOURCES: tuple[type[Resource], ...] = (Account,)

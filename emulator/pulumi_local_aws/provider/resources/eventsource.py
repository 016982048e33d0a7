"""Define Lambda's event source mappings, from streams and queues to functions."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class EventSourceMapping(Resource):
    """A mapping from a DynamoDB stream or an SQS queue to a function."""

    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    service = "lambda"
    tagging = Tagging(service="lambda", address="Resource", list_operation="ListTags")
    keys = {"UUID": "id"}
    id_member = "UUID"
    create_operation = "CreateEventSourceMapping"
    read_operation = "GetEventSourceMapping"
    update_operation = "UpdateEventSourceMapping"
    delete_operation = "DeleteEventSourceMapping"
    overrides = {
        "batchSize": {
            "computed": True,
            "because": "pulumi-aws sends 0 for a removed one, which AWS refuses",
        },
        "destinationConfig.onFailure.destinationArn": {"api": "Destination"},
        "eventSourceArn": {"required": True, "because": "only AWS's own event sources are supported"},
        "kmsKeyArn": {"api": "KMSKeyArn"},
        "arn": {"api": "EventSourceMappingArn"},
        "lastModified": {"volatile": True},
        "state": {"volatile": True},
        "uuid": {"api": "UUID"},
    }

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        self._wait_until_ready(cloud, resource_id)

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        given = state.get("functionName") or ""
        name = given if _same_function(given, answer["FunctionArn"]) else answer["FunctionArn"]
        response = {
            **answer,
            "Enabled": answer["State"] in {"Enabled", "Enabling", "Updating", "Creating"},
            "FunctionName": name,
        }
        failure = get_object(get_object(answer, "DestinationConfig"), "OnFailure")
        if not failure.get("Destination"):
            response.pop("DestinationConfig", None)
        return super().outputs(cloud, resource_id, state, response)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        super().update(cloud, resource_id, state, news, changed)
        self._wait_until_ready(cloud, resource_id)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        super().delete(cloud, resource_id, state)
        cloud.wait_until(lambda: self._state(cloud, resource_id) == "", f"deleting the mapping {resource_id}")

    def _wait_until_ready(self, cloud: Cloud, resource_id: str) -> None:
        final = {"Enabled", "Disabled"}
        cloud.wait_until(lambda: self._state(cloud, resource_id) in final, f"the mapping {resource_id}")

    def _state(self, cloud: Cloud, resource_id: str) -> str:
        try:
            return cloud.call("lambda", "GetEventSourceMapping", UUID=resource_id)["State"]
        except NotFound:
            return ""


def _same_function(given: str, arn: str) -> bool:
    """Return whether a name, partial ARN or ARN in the program names the function."""
    return bool(given) and (given == arn or arn.endswith(f":function:{given.rsplit(':function:', 1)[-1]}"))


RESOURCES: tuple[type[Resource], ...] = (EventSourceMapping,)

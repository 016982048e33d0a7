"""Define Lambda's configuration of asynchronous invocations."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import Resource, State

_DEFAULT_AGE_SECONDS = 6 * 3600


class FunctionEventInvokeConfig(Resource):
    """The retries, age and destinations of asynchronous invocations; its id is `NAME[:QUALIFIER]`."""

    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    service = "lambda"
    create_operation = "PutFunctionEventInvokeConfig"
    read_operation = "GetFunctionEventInvokeConfig"
    delete_operation = "DeleteFunctionEventInvokeConfig"

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("lambda", "PutFunctionEventInvokeConfig", **self.create_request(inputs))
        qualifier = inputs.get("qualifier")
        return f"{inputs['functionName']}:{qualifier}" if qualifier else inputs["functionName"]

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        return {"FunctionName": state["functionName"], "Qualifier": state.get("qualifier")}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        # AWS returns both destinations, empty if they are not set.
        given = get_object(answer, "DestinationConfig")
        destinations = {name: item for name, item in given.items() if get_object(given, name)}
        response = {**answer, "DestinationConfig": destinations or None}
        # The emulator returns AWS's default age if none is set; AWS returns none.
        default = response.get("MaximumEventAgeInSeconds") == _DEFAULT_AGE_SECONDS
        if default and state.get("maximumEventAgeInSeconds") != _DEFAULT_AGE_SECONDS:
            del response["MaximumEventAgeInSeconds"]
        found = super().outputs(cloud, resource_id, state, response)
        return {**found, "functionName": state["functionName"], "qualifier": state.get("qualifier")}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        cloud.call("lambda", "PutFunctionEventInvokeConfig", **self.create_request(news))

    def locate(self, import_id: str) -> tuple[str, State]:
        name, qualifier = import_id, None
        tail = import_id.rsplit(":", 1)
        if len(tail) > 1 and not tail[0].endswith(":function"):
            name, qualifier = tail
        return import_id, {"functionName": name, "qualifier": qualifier}


RESOURCES: tuple[type[Resource], ...] = (FunctionEventInvokeConfig,)

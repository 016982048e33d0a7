"""Define Lambda's functions."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources.lambda_code import (
    CODE_OVERRIDES,
    CODE_PROPERTIES,
    code_location,
    code_refusals,
)
from pulumi_local_aws.provider.tagging import Tagging

_UNRESERVED = -1
# What UpdateFunctionCode changes; all else is UpdateFunctionConfiguration's.
_CODE = frozenset({*CODE_PROPERTIES, "sourceCodeHash", "architectures"})


class Function(Resource):
    """A function with a zip archive, identified by its hash: the state never needs the files."""

    token = "aws:lambda/function:Function"
    service = "lambda"
    autoname = AutoName()
    tagging = Tagging(service="lambda", address="Resource", list_operation="ListTags")
    keys = {"FunctionName": "id"}
    create_operation = "CreateFunction"
    read_operation = "GetFunction"
    delete_operation = "DeleteFunction"
    overrides = {
        **CODE_OVERRIDES,
        "handler": {"required": True, "because": "only functions with a zip archive are supported"},
        "kmsKeyArn": {"api": "KMSKeyArn"},
        "loggingConfig.applicationLogLevel": {"default": None, "because": "Lambda refuses the empty string"},
        "loggingConfig.systemLogLevel": {"default": None, "because": "Lambda refuses the empty string"},
        "name": {"api": "FunctionName"},
        "publish": {"local": True},
        "runtime": {"required": True, "because": "only functions with a zip archive are supported"},
        "skipDestroy": {"local": True},
        "sourceCodeHash": {"local": True, "volatile": True},
        "arn": {"api": "FunctionArn"},
        "codeSha256": {"output": True, "volatile": True, "because": "pulumi-aws only returns it"},
        "lastModified": {"volatile": True},
        "qualifiedArn": {"volatile": True},
        "qualifiedInvokeArn": {"volatile": True},
        "sourceCodeSize": {"api": "CodeSize", "volatile": True},
        "version": {"volatile": True},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        return code_refusals(inputs)

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        request.pop("ReservedConcurrentExecutions", None)
        return {**request, "Code": {}, "Publish": inputs["publish"]}

    def create(self, cloud: Cloud, inputs: State) -> str:
        request = self.create_request(inputs)
        request["Code"] = code_location(inputs)
        cloud.call("lambda", "CreateFunction", **request, **self.tag_parameters(cloud, inputs))
        return inputs["name"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        _wait_until_ready(cloud, resource_id)
        if inputs["publish"]:
            _wait_until_published(cloud, resource_id)
        if inputs["reservedConcurrentExecutions"] != _UNRESERVED:
            _reserve(cloud, resource_id, inputs["reservedConcurrentExecutions"])

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = dict(answer["Configuration"])
        if response.get("TracingConfig"):
            response["TracingConfig"] = {"Mode": response["TracingConfig"].get("Mode", "PassThrough")}
        response["Layers"] = [layer["Arn"] for layer in get_list(response, "Layers")]
        if not get_object(response, "Environment").get("Variables"):
            response.pop("Environment", None)
        snap = get_object(response, "SnapStart")
        if snap.get("ApplyOn", "None") == "None":
            response.pop("SnapStart", None)
        response.setdefault("PackageType", "Zip")
        reserved = get_object(answer, "Concurrency").get("ReservedConcurrentExecutions", _UNRESERVED)
        version = _latest_version(cloud, resource_id) if state.get("publish") else response["Version"]
        arn = response["FunctionArn"]
        return {
            **super().outputs(cloud, resource_id, state, response),
            "reservedConcurrentExecutions": reserved,
            "invokeArn": invoke_arn(cloud, arn),
            "qualifiedArn": f"{arn}:{version}",
            "qualifiedInvokeArn": invoke_arn(cloud, f"{arn}:{version}"),
            "responseStreamingInvokeArn": invoke_arn(cloud, arn, streaming=True),
            "version": version,
            "sourceCodeHash": state.get("sourceCodeHash")
            or (state["code"].digest if state.get("code") else response["CodeSha256"]),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        configuration = changed & set(self.inputs_table) - _CODE - {"publish", "reservedConcurrentExecutions"}
        if configuration:
            parameters = self.changes(news, configuration)
            if "deadLetterConfig" in changed and not news.get("deadLetterConfig"):
                parameters["DeadLetterConfig"] = {"TargetArn": ""}
            if "snapStart" in changed and not news.get("snapStart"):
                parameters["SnapStart"] = {"ApplyOn": "None"}
            cloud.call("lambda", "UpdateFunctionConfiguration", **parameters, FunctionName=resource_id)
            _wait_until_ready(cloud, resource_id)
        if changed & _CODE:
            cloud.call(
                "lambda",
                "UpdateFunctionCode",
                FunctionName=resource_id,
                Architectures=news.get("architectures"),
                **code_location(news),
            )
            _wait_until_ready(cloud, resource_id)
        if "reservedConcurrentExecutions" in changed:
            _reserve(cloud, resource_id, news["reservedConcurrentExecutions"])
        if news["publish"] and (configuration or changed & {*_CODE, "publish"}):
            cloud.call("lambda", "PublishVersion", FunctionName=resource_id)
            _wait_until_published(cloud, resource_id)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if not state.get("skipDestroy"):
            super().delete(cloud, resource_id, state)


def invoke_arn(cloud: Cloud, function_arn: str, *, streaming: bool = False) -> str:
    """Return the ARN under which API Gateway invokes the function."""
    version, action = (
        ("2021-11-15", "response-streaming-invocations") if streaming else ("2015-03-31", "invocations")
    )
    path = f"path/{version}/functions/{function_arn}/{action}"
    return f"arn:{cloud.partition}:apigateway:{cloud.region}:lambda:{path}"


def _wait_until_ready(cloud: Cloud, name: str) -> None:
    """Wait until the function is active and its last update has finished."""

    def ready() -> bool:
        response = cloud.call("lambda", "GetFunctionConfiguration", FunctionName=name)
        return (
            response.get("State", "Active") != "Pending"
            and response.get("LastUpdateStatus", "") != "InProgress"
        )

    cloud.wait_until(ready, f"the function {name}")


def _wait_until_published(cloud: Cloud, name: str) -> None:
    """Wait until the newest version is active: with SnapStart, until Lambda has taken its snapshot.

    Raises AwsError if the function could not be initialized for the snapshot.
    """
    published = f"{name}:{_latest_version(cloud, name)}"

    def response() -> dict[str, Any]:
        return cloud.call("lambda", "GetFunctionConfiguration", FunctionName=published)

    cloud.wait_until(lambda: response().get("State") != "Pending", f"the version {published}")
    found = response()
    if found.get("State") == "Failed":
        reason = f"the version {published} could not be initialized: {found.get('StateReason', '')}"
        raise AwsError("PublishVersion", str(found.get("StateReasonCode", "")), reason)


def _reserve(cloud: Cloud, name: str, count: int) -> None:
    if count == _UNRESERVED:
        cloud.call("lambda", "DeleteFunctionConcurrency", FunctionName=name)
    else:
        cloud.call("lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=count)


def _latest_version(cloud: Cloud, name: str) -> str:
    versions = cloud.pages("lambda", "ListVersionsByFunction", "Versions", FunctionName=name)
    numbers = [int(entry["Version"]) for entry in versions if entry["Version"].isdigit()]
    return str(max(numbers)) if numbers else "$LATEST"


RESOURCES: tuple[type[Resource], ...] = (Function,)

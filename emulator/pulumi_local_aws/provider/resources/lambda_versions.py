"""Define Lambda's layer versions, aliases and function URLs."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.resources.lambda_code import CODE_OVERRIDES, code_location, code_refusals
from pulumi_local_aws.provider.resources.lambda_function import invoke_arn

_PUBLIC_STATEMENT = "FunctionURLAllowPublicAccess"


class LayerVersion(Resource):
    """A version of a layer; its id is its ARN. Any change publishes a new version."""

    token = "aws:lambda/layerVersion:LayerVersion"
    service = "lambda"
    create_operation = "PublishLayerVersion"
    read_operation = "GetLayerVersion"
    delete_operation = "DeleteLayerVersion"
    overrides = {
        "arn": {"api": "LayerVersionArn"},
        **CODE_OVERRIDES,
        "skipDestroy": {"local": True},
        "sourceCodeHash": {"local": True, "volatile": True},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        return code_refusals(inputs)

    def create_request(self, inputs: State) -> dict[str, Any]:
        return {**super().create_request(inputs), "Content": {}}

    def create(self, cloud: Cloud, inputs: State) -> str:
        request = {**self.create_request(inputs), "Content": code_location(inputs)}
        return cloud.call("lambda", "PublishLayerVersion", **request)["LayerVersionArn"]

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        *_, name, version = resource_id.split(":")
        return {"LayerName": name, "VersionNumber": int(version)}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        found = super().outputs(cloud, resource_id, state, answer)
        content = answer["Content"]
        return {
            **found,
            "codeSha256": content["CodeSha256"],
            "layerName": self.address(resource_id, state)["LayerName"],
            "sourceCodeHash": state.get("sourceCodeHash") or content["CodeSha256"],
            "sourceCodeSize": content["CodeSize"],
        }

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if not state.get("skipDestroy"):
            super().delete(cloud, resource_id, state)

    def locate(self, import_id: str) -> tuple[str, State]:
        if not import_id.rpartition(":")[2].isdigit():
            raise AwsError("import", "", f"{import_id!r} is not the ARN of a layer version")
        return import_id, {}


class Alias(Resource):
    """An alias of a function's version; its id is its ARN."""

    token = "aws:lambda/alias:Alias"
    service = "lambda"
    autoname = AutoName()
    keys = {"FunctionName": "functionName", "Name": "name"}
    id_member = "AliasArn"
    create_operation = "CreateAlias"
    read_operation = "GetAlias"
    update_operation = "UpdateAlias"
    delete_operation = "DeleteAlias"
    overrides = {"arn": {"api": "AliasArn"}}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        found = super().outputs(cloud, resource_id, state, answer)
        return {**found, "invokeArn": invoke_arn(cloud, answer["AliasArn"])}

    def changes(self, news: State, changed: set[str]) -> dict[str, Any]:
        parameters = super().changes(news, changed)
        if "routingConfig" in changed and not news.get("routingConfig"):
            parameters["RoutingConfig"] = {"AdditionalVersionWeights": {}}
        return parameters

    def locate(self, import_id: str) -> tuple[str, State]:
        """Return the alias of an ARN. pulumi-aws also takes `functionName/name`, which names no account."""
        *_, kind, function, name = ["", *import_id.split(":")]
        if kind != "function":
            raise AwsError("import", "", f"{import_id!r} is not the ARN of an alias")
        return import_id, {"functionName": function, "name": name}


class FunctionUrl(Resource):
    """A function's URL; its id is `FUNCTION[/QUALIFIER]`. The URL is the emulator's, if there is one."""

    token = "aws:lambda/functionUrl:FunctionUrl"
    service = "lambda"
    keys = {"FunctionName": "functionName"}
    create_operation = "CreateFunctionUrlConfig"
    read_operation = "GetFunctionUrlConfig"
    update_operation = "UpdateFunctionUrlConfig"
    delete_operation = "DeleteFunctionUrlConfig"
    overrides = {"authorizationType": {"api": "AuthType"}, "functionUrl": {"api": "FunctionUrl"}}

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("lambda", "CreateFunctionUrlConfig", **self.create_request(inputs))
        qualifier = inputs.get("qualifier")
        return f"{inputs['functionName']}/{qualifier}" if qualifier else inputs["functionName"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs["authorizationType"] != "NONE":
            return
        try:
            cloud.call(
                "lambda",
                "AddPermission",
                **self.address(resource_id, inputs),
                StatementId=_PUBLIC_STATEMENT,
                Action="lambda:InvokeFunctionUrl",
                Principal="*",
                FunctionUrlAuthType="NONE",
            )
        except AwsError as error:
            # As pulumi-aws does: the statement may be there from an earlier URL.
            if error.code != "ResourceConflictException":
                raise

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        return {"FunctionName": state["functionName"], "Qualifier": state.get("qualifier")}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = dict(answer)
        if not any(get_object(response, "Cors").values()):
            response.pop("Cors", None)
        url_id = answer["FunctionUrl"].removeprefix("https://").partition(".")[0]
        local = f"{cloud.endpoint.replace('127.0.0.1', 'localhost')}/_aws/lambda-url/{url_id}/"
        return {
            **super().outputs(cloud, resource_id, state, response),
            "functionUrl": local if cloud.endpoint else answer["FunctionUrl"],
            "qualifier": state.get("qualifier"),
            "urlId": url_id,
        }

    def locate(self, import_id: str) -> tuple[str, State]:
        name, _, qualifier = import_id.partition("/")
        return import_id, {"functionName": name, "qualifier": qualifier or None}


RESOURCES: tuple[type[Resource], ...] = (LayerVersion, Alias, FunctionUrl)

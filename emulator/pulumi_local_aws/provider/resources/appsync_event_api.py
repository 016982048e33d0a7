"""Define AppSync's Event APIs and their channel namespaces."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.convert import get_list
from pulumi_local_aws.provider.facts import RECORD, Override
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging
from pulumi_local_aws.provider.values import UNKNOWN

SUPPORTED_TYPES = ("API_KEY", "AWS_IAM", "AWS_LAMBDA")
_MODES = ("connectionAuthModes", "defaultPublishAuthModes", "defaultSubscribeAuthModes")


def _camel_case(token: str, **names: str) -> dict[str, Override]:
    """Return overrides with AppSync's names, which are the properties' own; `names` has the exceptions."""
    parts = {path: path.rpartition(".")[2] for path in RECORD[token]}
    return {path: {"api": names.get(name, name)} for path, name in parts.items()}


class Api(Resource):
    """An Event API. Its `dns` has host names on AWS, and URLs below a path on the emulator."""

    token = "aws:appsync/api:Api"
    service = "appsync"
    autoname = AutoName()
    tagging = Tagging(
        service="appsync", address="resourceArn", by="apiArn", create="tags", tags="tags", keys="tagKeys"
    )
    keys = {"apiId": "id"}
    create_operation = "CreateApi"
    read_operation = "GetApi"
    update_operation = "UpdateApi"
    delete_operation = "DeleteApi"
    overrides = _camel_case(token, cloudwatchLogsRoleArn="cloudWatchLogsRoleArn")

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        config: Any = inputs["eventConfig"]
        if config is UNKNOWN:
            return
        providers = list(_types(config, "authProviders"))
        for name in providers:
            if name not in SUPPORTED_TYPES:
                yield (
                    "eventConfig",
                    f"the local AWS does not support {name!r}, only {', '.join(SUPPORTED_TYPES)}",
                )
        for modes in _MODES:
            for name in _types(config, modes):
                if name not in providers:
                    yield "eventConfig", f"{modes} has {name!r}, which is not one of the authProviders"
        for provider in get_list(config, "authProviders"):
            if provider.get("authType") == "AWS_LAMBDA" and not provider.get("lambdaAuthorizerConfig"):
                yield "eventConfig", "an AWS_LAMBDA authorization provider requires a lambdaAuthorizerConfig"

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        return cloud.call("appsync", "CreateApi", **self.create_request(inputs), **tags)["api"]["apiId"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        return super().outputs(cloud, resource_id, state, answer["api"])

    def sent(self, changed: set[str]) -> set[str]:
        # UpdateApi requires both.
        return super().sent(changed) | {"name", "eventConfig"} if changed else set()


class ChannelNamespace(Resource):
    """A channel namespace of an Event API; its id is `API_ID,NAME`."""

    token = "aws:appsync/channelNamespace:ChannelNamespace"
    service = "appsync"
    autoname = AutoName()
    tagging = Tagging(
        service="appsync",
        address="resourceArn",
        by="channelNamespaceArn",
        create="tags",
        tags="tags",
        keys="tagKeys",
    )
    create_operation = "CreateChannelNamespace"
    read_operation = "GetChannelNamespace"
    update_operation = "UpdateChannelNamespace"
    delete_operation = "DeleteChannelNamespace"
    overrides = _camel_case(token)

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("appsync", "CreateChannelNamespace", **self.create_request(inputs), **tags)
        return f"{inputs['apiId']},{inputs['name']}"

    def address(self, resource_id: str, state: Mapping[str, Any]) -> dict[str, Any]:
        api_id, _, name = resource_id.partition(",")
        return {"apiId": api_id, "name": name}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        return super().outputs(cloud, resource_id, state, answer["channelNamespace"])

    def locate(self, import_id: str) -> tuple[str, State]:
        api_id, _, name = import_id.partition(",")
        if not (api_id and name):
            raise AwsError("import", "", f"{import_id!r} is not of the form apiId,name")
        return import_id, {}


def _types(config: Any, name: str) -> Iterator[str]:
    """Yield the known authorization types of a list of providers or modes."""
    for entry in get_list(config, name):
        if entry is not UNKNOWN and isinstance(entry.get("authType"), str):
            yield entry["authType"]


RESOURCES: tuple[type[Resource], ...] = (Api, ChannelNamespace)

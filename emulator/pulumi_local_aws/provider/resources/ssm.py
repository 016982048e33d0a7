"""Define Systems Manager's parameters."""

from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class ParameterTagging(Tagging):
    """A parameter's tagging, which also names the type of resource."""

    def read(self, cloud: Cloud, resource_id: str, outputs: Any) -> dict[str, str]:
        where = {"ResourceType": "Parameter", "ResourceId": resource_id}
        return self.plain(cloud.call("ssm", "ListTagsForResource", **where).get("TagList"))

    def apply(self, cloud: Cloud, resource_id: str, outputs: Any, wanted: Any) -> None:
        where = {"ResourceType": "Parameter", "ResourceId": resource_id}
        current = get_object(outputs, "tagsAll")
        removed = [name for name in current if name not in wanted]
        added = {name: value for name, value in wanted.items() if current.get(name) != value}
        if removed:
            cloud.call("ssm", "RemoveTagsFromResource", **where, TagKeys=removed)
        if added:
            cloud.call("ssm", "AddTagsToResource", **where, Tags=self.shape(added))


_TAGGING = ParameterTagging(
    service="ssm", address="ResourceId", by="id", as_list=True, list_operation="ListTagsForResource"
)


class Parameter(Resource):
    """A parameter; its id is its name. PutParameter creates it and replaces all of it."""

    token = "aws:ssm/parameter:Parameter"
    service = "ssm"
    autoname = AutoName()
    tagging = _TAGGING
    keys = {"Name": "id"}
    create_operation = "PutParameter"
    read_operation = "GetParameter"
    delete_operation = "DeleteParameter"
    overrides = {
        "insecureValue": {"api": "Value"},
        "overwrite": {"local": True},
        "arn": {"api": "ARN", "output": True, "because": "no call takes it"},
        "version": {"volatile": True},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        if (inputs.get("value") is None) is (inputs.get("insecureValue") is None):
            yield "value", "exactly one of `value`, `insecureValue` is required"
        if inputs.get("insecureValue") is not None and inputs.get("type") == "SecureString":
            yield "insecureValue", "allowed for the types String and StringList only"

    def create(self, cloud: Cloud, inputs: State) -> str:
        request = self.create_request(inputs)
        # PutParameter takes tags or `Overwrite`, not both.
        more = {"Overwrite": True} if inputs.get("overwrite") else self.tag_parameters(cloud, inputs)
        cloud.call("ssm", "PutParameter", **request, **more)
        return inputs["name"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs.get("overwrite"):
            _TAGGING.apply(cloud, resource_id, {}, self.wanted_tags(cloud.default_tags, inputs))

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        """Return the value in the property that the program gave it in."""
        found = super().outputs(cloud, resource_id, state, answer)
        plain = state.get("insecureValue")
        is_plain = plain is not None and (state.get("value") is None or plain == answer["Value"])
        found.pop("value" if is_plain else "insecureValue", None)
        return found

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        return {"Name": resource_id}

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        filters = [{"Key": "Name", "Option": "Equals", "Values": [resource_id]}]
        listed = cloud.pages("ssm", "DescribeParameters", "Parameters", ParameterFilters=filters)
        details = next((found for found in listed if found["Name"] == resource_id), None)
        if details is None:
            return None
        value = cloud.call("ssm", "GetParameter", Name=resource_id, WithDecryption=True)["Parameter"]
        return self.outputs(cloud, resource_id, state, {**details, **value})

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if changed - {"overwrite"}:
            overwrite = news.get("overwrite") is not False
            request = {**self.create_request(news), "Overwrite": overwrite}
            # PutParameter keeps a member that is omitted.
            for name in ("allowedPattern", "description"):
                if name in changed and news.get(name) is None:
                    request[name[0].upper() + name[1:]] = ""
            cloud.call("ssm", "PutParameter", **request)


RESOURCES: tuple[type[Resource], ...] = (Parameter,)

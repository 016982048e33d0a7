"""Define Systems Manager's parameters."""

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


class Parameter(Resource):
    """A parameter; its id is its name. PutParameter creates it and replaces all of it."""

    token = "aws:ssm/parameter:Parameter"
    service = "ssm"
    autoname = AutoName()
    tagging = ParameterTagging(
        service="ssm", address="ResourceId", by="id", as_list=True, list_operation="ListTagsForResource"
    )
    keys = {"Name": "id"}
    create_operation = "PutParameter"
    read_operation = "GetParameter"
    delete_operation = "DeleteParameter"
    overrides = {
        "arn": {"api": "ARN", "output": True, "because": "no call takes it"},
        "version": {"volatile": True},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        request = self.create_request(inputs)
        cloud.call("ssm", "PutParameter", **request, **self.tag_parameters(cloud, inputs))
        return inputs["name"]

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
        if changed:
            request = {"Value": state.get("value"), **self.create_request(news), "Overwrite": True}
            # PutParameter keeps a member that is omitted.
            for name in ("allowedPattern", "description"):
                if name in changed and news.get(name) is None:
                    request[name[0].upper() + name[1:]] = ""
            cloud.call("ssm", "PutParameter", **request)


RESOURCES: tuple[type[Resource], ...] = (Parameter,)

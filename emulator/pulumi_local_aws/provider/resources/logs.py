"""Define CloudWatch Logs' log groups and metric filters."""

from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class LogGroup(Resource):
    """A log group."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    autoname = AutoName()
    tagging = Tagging(
        service="logs",
        address="resourceArn",
        create="tags",
        tags="tags",
        keys="tagKeys",
        list_operation="ListTagsForResource",
        list_result="tags",
    )
    keys = {"logGroupName": "id"}
    create_operation = "CreateLogGroup"
    delete_operation = "DeleteLogGroup"
    overrides = {
        "kmsKeyId": {"api": "kmsKeyId"},
        "logGroupClass": {"api": "logGroupClass"},
        "name": {"api": "logGroupName"},
        "retentionInDays": {"api": "retentionInDays"},
        "skipDestroy": {"local": True},
        "arn": {"api": "logGroupArn"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        request.pop("retentionInDays", None)
        return request

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("logs", "CreateLogGroup", **self.create_request(inputs), **tags)
        return inputs["name"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs.get("retentionInDays"):
            self._retain(cloud, resource_id, inputs["retentionInDays"])

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        groups = cloud.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=resource_id)
        found = next((group for group in groups if group["logGroupName"] == resource_id), None)
        if found is None:
            return None
        response = {"retentionInDays": 0, "logGroupArn": found["arn"].removesuffix(":*"), **found}
        return self.outputs(cloud, resource_id, state, response)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "retentionInDays" in changed:
            self._retain(cloud, resource_id, news["retentionInDays"])
        if "kmsKeyId" in changed:
            key = news.get("kmsKeyId")
            operation = "AssociateKmsKey" if key else "DisassociateKmsKey"
            cloud.call("logs", operation, logGroupName=resource_id, kmsKeyId=key or None)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        if not state.get("skipDestroy"):
            super().delete(cloud, resource_id, state)

    def _retain(self, cloud: Cloud, name: str, days: int) -> None:
        operation = "PutRetentionPolicy" if days else "DeleteRetentionPolicy"
        cloud.call("logs", operation, logGroupName=name, retentionInDays=days or None)


class LogMetricFilter(Resource):
    """A metric filter of a log group. The emulator stores it and emits no metrics."""

    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    service = "logs"
    autoname = AutoName()
    keys = {"logGroupName": "logGroupName", "filterName": "id"}
    create_operation = "PutMetricFilter"
    delete_operation = "DeleteMetricFilter"
    shaping = ("metricTransformation",)
    overrides = {
        "logGroupName": {"api": "logGroupName"},
        "metricTransformation": {"api": "metricTransformations"},
        "metricTransformation.defaultValue": {"api": "defaultValue"},
        "metricTransformation.dimensions": {"api": "dimensions"},
        "metricTransformation.name": {"api": "metricName"},
        "metricTransformation.namespace": {"api": "metricNamespace"},
        "metricTransformation.unit": {"api": "unit"},
        "metricTransformation.value": {"api": "metricValue"},
        "name": {"api": "filterName"},
        "pattern": {"api": "filterPattern"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        transformation = request["metricTransformations"]
        if "defaultValue" in transformation:
            transformation["defaultValue"] = float(transformation["defaultValue"])
        return {**request, "metricTransformations": [transformation]}

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("logs", "PutMetricFilter", **self.create_request(inputs))
        return inputs["name"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = {"logGroupName": state["logGroupName"], "filterNamePrefix": resource_id}
        try:
            filters = cloud.pages("logs", "DescribeMetricFilters", "metricFilters", **where)
        except NotFound:
            return None
        found = next((entry for entry in filters if entry["filterName"] == resource_id), None)
        if found is None:
            return None
        transformation = dict(found["metricTransformations"][0])
        default = transformation.get("defaultValue")
        if default is not None:
            transformation["defaultValue"] = f"{default:g}"
        return self.outputs(cloud, resource_id, state, {**found, "metricTransformations": transformation})

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        cloud.call("logs", "PutMetricFilter", **self.create_request(news))

    def locate(self, import_id: str) -> tuple[str, State]:
        group, _, name = import_id.rpartition(":")
        if not group:
            raise AwsError("import", "", f"{import_id!r} is not of the form logGroupName:name")
        return name, {"logGroupName": group}


RESOURCES: tuple[type[Resource], ...] = (LogGroup, LogMetricFilter)

"""Define CloudWatch's alarms and dashboards."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.convert import get_list
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class MetricAlarm(Resource):
    """An alarm. PutMetricAlarm creates it and replaces all of it."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    autoname = AutoName()
    tagging = Tagging(
        service="cloudwatch", address="ResourceARN", as_list=True, list_operation="ListTagsForResource"
    )
    create_operation = "PutMetricAlarm"
    delete_operation = "DeleteAlarms"
    shaping = ("dimensions", "metricQueries")
    overrides = {
        "comparisonOperator": {"required": True, "because": "pulumi-aws decides it at run time"},
        "evaluateLowSampleCountPercentiles": {"api": "EvaluateLowSampleCountPercentile"},
        "evaluationPeriods": {"required": True, "because": "pulumi-aws decides it at run time"},
        "metricQueries": {"api": "Metrics"},
        "name": {"api": "AlarmName"},
        "okActions": {"api": "OKActions"},
        "arn": {"api": "AlarmArn"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        request = super().create_request(inputs)
        if "Dimensions" in request:
            request["Dimensions"] = _dimension_list(request["Dimensions"])
        if "Metrics" in request:
            request["Metrics"] = [_query_to_api(entry) for entry in request["Metrics"]]
        return request

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("cloudwatch", "PutMetricAlarm", **self.create_request(inputs), **tags)
        return inputs["name"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        alarms = cloud.call("cloudwatch", "DescribeAlarms", AlarmNames=[resource_id]).get("MetricAlarms")
        if not alarms:
            return None
        response = {**alarms[0], "Dimensions": _dimension_map(alarms[0].get("Dimensions"))}
        response["Metrics"] = [_query_from_api(entry) for entry in get_list(response, "Metrics")]
        return self.outputs(cloud, resource_id, state, response)

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if changed:
            cloud.call("cloudwatch", "PutMetricAlarm", **self.create_request(news))

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        cloud.call("cloudwatch", "DeleteAlarms", AlarmNames=[resource_id])


class Dashboard(Resource):
    """A dashboard."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    service = "cloudwatch"
    create_operation = "PutDashboard"
    read_operation = "GetDashboard"
    keys = {"DashboardName": "id"}

    def create(self, cloud: Cloud, inputs: State) -> str:
        self._put(cloud, inputs)
        return inputs["dashboardName"]

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._put(cloud, news)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        cloud.call("cloudwatch", "DeleteDashboards", DashboardNames=[resource_id])

    def _put(self, cloud: Cloud, inputs: State) -> None:
        cloud.call("cloudwatch", "PutDashboard", **self.create_request(inputs))


def _dimension_list(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _dimension_map(response: list[dict[str, str]] | None) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in response or []}


def _query_to_api(query: dict[str, Any]) -> dict[str, Any]:
    """Return a metric query as CloudWatch takes it: the metric apart from its statistic."""
    metric = query.pop("Metric", None)
    if metric is not None:
        stat = {name: metric.pop(name) for name in ("Period", "Stat", "Unit") if name in metric}
        if "Dimensions" in metric:
            metric["Dimensions"] = _dimension_list(metric["Dimensions"])
        query["MetricStat"] = {"Metric": metric, **stat}
    return query


def _query_from_api(response: dict[str, Any]) -> dict[str, Any]:
    stat = response.get("MetricStat")
    if not stat:
        return response
    metric = {**stat["Metric"], "Dimensions": _dimension_map(stat["Metric"].get("Dimensions"))}
    return {**response, "Metric": {**metric, **{name: stat.get(name) for name in ("Period", "Stat", "Unit")}}}


RESOURCES: tuple[type[Resource], ...] = (MetricAlarm, Dashboard)

"""Define EventBridge Scheduler's schedules and their groups."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging


class Schedule(Resource):
    """A schedule; its id is `GROUP/NAME`. UpdateSchedule replaces all of it."""

    token = "aws:scheduler/schedule:Schedule"
    service = "scheduler"
    autoname = AutoName()
    create_operation = "CreateSchedule"
    read_operation = "GetSchedule"
    delete_operation = "DeleteSchedule"

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("scheduler", "CreateSchedule", **self.create_request(inputs))
        return f"{inputs.get('groupName') or 'default'}/{inputs['name']}"

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        group, name = resource_id.split("/", 1)
        return {"GroupName": group, "Name": name}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if changed:
            request = {**self.create_request(news), **self.address(resource_id, news)}
            cloud.call("scheduler", "UpdateSchedule", **request)

    def locate(self, import_id: str) -> tuple[str, State]:
        return import_id if "/" in import_id else f"default/{import_id}", {}


class ScheduleGroup(Resource):
    """A group of schedules; deleting it deletes its schedules."""

    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    service = "scheduler"
    autoname = AutoName()
    tagging = Tagging(
        service="scheduler", address="ResourceArn", as_list=True, list_operation="ListTagsForResource"
    )
    keys = {"Name": "id"}
    create_operation = "CreateScheduleGroup"
    read_operation = "GetScheduleGroup"
    delete_operation = "DeleteScheduleGroup"

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        cloud.call("scheduler", "CreateScheduleGroup", **self.create_request(inputs), **tags)
        return inputs["name"]

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        super().delete(cloud, resource_id, state)

        def is_deleted() -> bool:
            try:
                cloud.call("scheduler", "GetScheduleGroup", Name=resource_id)
            except NotFound:
                return True
            return False

        cloud.wait_until(is_deleted, f"deleting the schedule group {resource_id}")


RESOURCES: tuple[type[Resource], ...] = (Schedule, ScheduleGroup)

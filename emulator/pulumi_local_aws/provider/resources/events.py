"""Define EventBridge's rules and their targets."""

import uuid
from collections.abc import Iterator
from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud, NotFound
from pulumi_local_aws.provider.convert import from_api, get_list, to_api
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging

_DEFAULT_BUS = "default"


class EventRule(Resource):
    """A rule; its id is its name, after `BUS/` on another bus than the default one.

    PutRule replaces all of a rule, its tags excepted.
    """

    token = "aws:cloudwatch/eventRule:EventRule"
    service = "events"
    autoname = AutoName()
    tagging = Tagging(
        service="events", address="ResourceARN", as_list=True, list_operation="ListTagsForResource"
    )
    create_operation = "PutRule"
    read_operation = "DescribeRule"
    delete_operation = "DeleteRule"
    overrides = {
        "forceDestroy": {"local": True},
        "state": {"computed": True, "because": "pulumi-aws decides it at run time"},
    }

    def refusals(self, inputs: State) -> Iterator[tuple[str, str]]:
        if not inputs.get("eventPattern") and not inputs.get("scheduleExpression"):
            yield "eventPattern", "one of `eventPattern`, `scheduleExpression` is required"

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("events", "PutRule", **self.create_request(inputs), **self.tag_parameters(cloud, inputs))
        bus = inputs["eventBusName"]
        return inputs["name"] if bus == _DEFAULT_BUS else f"{bus}/{inputs['name']}"

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        bus, _, name = resource_id.rpartition("/")
        return {"Name": name, "EventBusName": bus or _DEFAULT_BUS}

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        # AWS may return a bus's name for its ARN.
        bus = self.address(resource_id, state)["EventBusName"]
        return super().outputs(cloud, resource_id, state, {**answer, "EventBusName": bus})

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        if "roleArn" in changed and not news.get("roleArn"):
            # AWS removes the role that PutRule omits; the emulator keeps it, and takes no empty one.
            raise AwsError("PutRule", "", "the local AWS cannot remove a rule's `roleArn`; replace the rule")
        if changed - {"forceDestroy"}:
            request = self.create_request({**news, "description": news.get("description") or ""})
            cloud.call("events", "PutRule", **request)

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        where = self.address(resource_id, state)
        cloud.call("events", "DeleteRule", **where, Force=bool(state.get("forceDestroy")))


class EventTarget(Resource):
    """A target of a rule; its id is `RULE-TARGET`, after `BUS-` on another bus than the default one."""

    token = "aws:cloudwatch/eventTarget:EventTarget"
    service = "events"
    overrides = {
        "eventBusName": {"local": True},
        "forceDestroy": {"local": True},
        "httpTarget": {"api": "HttpParameters"},
        "inputTransformer.inputPaths": {"api": "InputPathsMap"},
        "kinesisTarget": {"api": "KinesisParameters"},
        "rule": {"local": True},
        "sqsTarget": {"api": "SqsParameters"},
        "targetId": {"api": "Id"},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        target_id = inputs.get("targetId") or f"terraform-{uuid.uuid4().hex}"
        self._put(cloud, inputs, target_id)
        parts = [inputs["rule"], target_id]
        return "-".join(parts if inputs["eventBusName"] == _DEFAULT_BUS else [inputs["eventBusName"], *parts])

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = _rule(state)
        target_id = _target_id(resource_id, state)
        try:
            targets = cloud.pages("events", "ListTargetsByRule", "Targets", **where)
        except NotFound:
            return None
        target = next((one for one in targets if one["Id"] == target_id), None)
        if target is None:
            return None
        found = from_api(self.table, target)
        return {**found, "rule": where["Rule"], "eventBusName": where["EventBusName"]}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._put(cloud, news, _target_id(resource_id, state))

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        where, target_id = _rule(state), _target_id(resource_id, state)
        force = bool(state.get("forceDestroy"))
        _succeed(cloud.call("events", "RemoveTargets", **where, Ids=[target_id], Force=force))

    def locate(self, import_id: str) -> tuple[str, State]:
        parts = import_id.split("/")
        if len(parts) not in (2, 3):
            raise AwsError("import", "", f"{import_id!r} is not of the form [eventBusName/]rule/targetId")
        *bus, rule, target_id = parts
        state = {"eventBusName": bus[0] if bus else _DEFAULT_BUS, "rule": rule, "targetId": target_id}
        return "-".join(parts), state

    def _put(self, cloud: Cloud, inputs: State, target_id: str) -> None:
        target = {**to_api(self.table, inputs), "Id": target_id}
        _succeed(cloud.call("events", "PutTargets", **_rule(inputs), Targets=[target]))


def _rule(state: State) -> dict[str, str]:
    return {"Rule": state["rule"], "EventBusName": state.get("eventBusName") or _DEFAULT_BUS}


def _target_id(resource_id: str, state: State) -> str:
    bus = state.get("eventBusName") or _DEFAULT_BUS
    prefix = f"{state['rule']}-" if bus == _DEFAULT_BUS else f"{bus}-{state['rule']}-"
    return resource_id.removeprefix(prefix)


def _succeed(answer: Any) -> None:
    """Raise AwsError if the call failed for a target: EventBridge reports it in a successful response."""
    for failure in get_list(answer, "FailedEntries"):
        raise AwsError("PutTargets", failure.get("ErrorCode", ""), failure.get("ErrorMessage", ""))


RESOURCES: tuple[type[Resource], ...] = (EventRule, EventTarget)

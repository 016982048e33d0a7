"""Define Lambda's permissions: the statements of resource policies, which the emulator does not enforce."""

import json
from typing import Any, cast

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State

_CONDITIONS = {
    "sourceArn": ("ArnLike", "AWS:SourceArn"),
    "sourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "principalOrgId": ("StringEquals", "aws:PrincipalOrgID"),
    "eventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "functionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


class Permission(Resource):
    """A statement of a function's resource policy; any change replaces it."""

    token = "aws:lambda/permission:Permission"
    service = "lambda"
    autoname = AutoName(property="statementId")
    create_operation = "AddPermission"
    delete_operation = "RemovePermission"
    keys = {"FunctionName": "function", "StatementId": "id"}
    overrides = {
        "function": {"api": "FunctionName"},
        "principalOrgId": {"api": "PrincipalOrgID"},
    }

    def create(self, cloud: Cloud, inputs: State) -> str:
        cloud.call("lambda", "AddPermission", **self.create_request(inputs))
        return inputs["statementId"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = {"FunctionName": state["function"], "Qualifier": state.get("qualifier")}
        try:
            document = json.loads(cloud.call("lambda", "GetPolicy", **where)["Policy"])
        except NotFound:
            return None
        statement = next((entry for entry in document["Statement"] if entry.get("Sid") == resource_id), None)
        if statement is None:
            return None
        return {
            "action": _single(statement["Action"]),
            "function": state["function"],
            "principal": _principal(statement["Principal"]),
            "qualifier": state.get("qualifier"),
            "statementId": resource_id,
            **_conditions(get_object(statement, "Condition")),
        }

    def address(self, resource_id: str, state: Any) -> dict[str, Any]:
        return {**super().address(resource_id, state), "Qualifier": state.get("qualifier")}

    def locate(self, import_id: str) -> tuple[str, State]:
        resource_id, state = super().locate(import_id)
        name, _, qualifier = state["function"].rpartition(":")
        return resource_id, {"function": name, "qualifier": qualifier} if name else state


def _single(value: Any) -> Any:
    return cast("list[Any]", value)[0] if isinstance(value, list) else value


def _principal(response: Any) -> str:
    """Return a service or account as the program names it."""
    if isinstance(response, dict):
        response = next(iter(cast("dict[str, Any]", response).values()))
    return str(_single(response))


def _conditions(response: dict[str, dict[str, str]]) -> dict[str, str]:
    values = {
        f"{operator}.{key}".lower(): value
        for operator, pairs in response.items()
        for key, value in pairs.items()
    }
    found = {name: values.get(f"{operator}.{key}".lower()) for name, (operator, key) in _CONDITIONS.items()}
    return {name: value for name, value in found.items() if value is not None}


RESOURCES: tuple[type[Resource], ...] = (Permission,)

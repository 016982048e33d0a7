"""Define SNS's topics."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import api_name
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.tagging import Tagging

_ATTRIBUTES = frozenset(
    {
        "contentBasedDeduplication",
        "deliveryPolicy",
        "displayName",
        "fifoTopic",
        "kmsMasterKeyId",
        "policy",
        "signatureVersion",
        "tracingConfig",
    }
)
_FIFO = frozenset({"contentBasedDeduplication", "fifoTopic"})


class Topic(Resource):
    """A topic; its id is its ARN."""

    token = "aws:sns/topic:Topic"
    service = "sns"
    autoname = AutoName()
    tagging = Tagging(
        service="sns", address="ResourceArn", as_list=True, list_operation="ListTagsForResource"
    )
    keys = {"TopicArn": "id"}
    id_member = "TopicArn"
    create_operation = "CreateTopic"
    delete_operation = "DeleteTopic"

    def finish_name(self, name: str, inputs: State) -> str:
        return f"{name}.fifo" if inputs.get("fifoTopic") is True else name

    def create_request(self, inputs: State) -> dict[str, Any]:
        fifo = bool(inputs.get("fifoTopic"))
        attributes = {
            api_name(name, self.table[name]): _text(inputs[name])
            for name in sorted(_ATTRIBUTES)
            if inputs.get(name) is not None and (fifo or name not in _FIFO)
        }
        return {"Name": inputs["name"], "Attributes": attributes}

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            response = cloud.call("sns", "GetTopicAttributes", TopicArn=resource_id)["Attributes"]
        except NotFound:
            return None
        found = {
            "contentBasedDeduplication": response.get("ContentBasedDeduplication") == "true",
            "deliveryPolicy": response.get("DeliveryPolicy"),
            "displayName": response.get("DisplayName"),
            "fifoTopic": response.get("FifoTopic") == "true",
            "kmsMasterKeyId": response.get("KmsMasterKeyId"),
            "policy": response.get("Policy"),
            "signatureVersion": int(response.get("SignatureVersion") or 0),
            "tracingConfig": response.get("TracingConfig"),
            "arn": resource_id,
            "name": resource_id.rsplit(":", 1)[-1],
            "owner": response.get("Owner") or cloud.account,
        }
        return {name: value for name, value in found.items() if value is not None}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        for name in sorted(changed & _ATTRIBUTES):
            value = news.get(name)
            cloud.call(
                "sns",
                "SetTopicAttributes",
                TopicArn=resource_id,
                AttributeName=api_name(name, self.table[name]),
                AttributeValue="" if value is None else _text(value),
            )


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


RESOURCES: tuple[type[Resource], ...] = (Topic,)

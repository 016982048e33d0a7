"""Define SQS's queues."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import api_name
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.schema import Kind
from pulumi_local_aws.provider.tagging import Tagging

# SQS refuses these on a standard queue.
_FIFO = frozenset({"contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit", "fifoQueue"})


class Queue(Resource):
    """A queue; its id is its URL."""

    token = "aws:sqs/queue:Queue"
    service = "sqs"
    autoname = AutoName()
    tagging = Tagging(
        service="sqs",
        address="QueueUrl",
        by="id",
        create="tags",
        list_operation="ListQueueTags",
        tag_operation="TagQueue",
        untag_operation="UntagQueue",
    )
    keys = {"QueueUrl": "id"}
    id_member = "QueueUrl"
    create_operation = "CreateQueue"
    delete_operation = "DeleteQueue"
    overrides = {
        "maxMessageSize": {"api": "MaximumMessageSize"},
        "messageRetentionSeconds": {"api": "MessageRetentionPeriod"},
        "receiveWaitTimeSeconds": {"api": "ReceiveMessageWaitTimeSeconds"},
        "visibilityTimeoutSeconds": {"api": "VisibilityTimeout"},
        "name": {"api": "QueueName"},
    }

    def finish_name(self, name: str, inputs: State) -> str:
        return f"{name}.fifo" if inputs.get("fifoQueue") is True else name

    def create_request(self, inputs: State) -> dict[str, Any]:
        return {"QueueName": inputs["name"], "Attributes": self._attributes(inputs, self._attribute_names)}

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = {"QueueUrl": resource_id, "AttributeNames": ["All"]}
        try:
            response = cloud.call("sqs", "GetQueueAttributes", **where)["Attributes"]
        except NotFound:
            return None
        found = {
            name: _value(prop.kind, response[api_name(name, prop)])
            for name, prop in self.inputs_table.items()
            if response.get(api_name(name, prop)) not in (None, "")
        }
        arn = response["QueueArn"]
        return {**found, "arn": arn, "name": arn.rsplit(":", 1)[-1], "url": resource_id}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        attributes = self._attributes(news, changed & self._attribute_names)
        removed = {name for name in changed & self._attribute_names if news.get(name) is None}
        attributes.update({api_name(name, self.table[name]): "" for name in removed})
        if attributes:
            cloud.call("sqs", "SetQueueAttributes", QueueUrl=resource_id, Attributes=attributes)

    @property
    def _attribute_names(self) -> set[str]:
        return set(self.inputs_table) - {"name"}

    def _attributes(self, inputs: State, names: set[str]) -> dict[str, Any]:
        """Return the attributes as SQS takes them: strings, and FIFO attributes on FIFO queues only."""
        found: dict[str, Any] = {}
        for name in sorted(names):
            value = inputs.get(name)
            if value is None or (name in _FIFO and not inputs.get("fifoQueue")):
                continue
            found[api_name(name, self.table[name])] = _text(value)
        return found


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _value(kind: Kind, response: str) -> Any:
    if kind is Kind.BOOLEAN:
        return response == "true"
    return int(response) if kind is Kind.INTEGER else response


RESOURCES: tuple[type[Resource], ...] = (Queue,)

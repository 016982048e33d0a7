"""Define SQS's queue policies."""

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.resource import Resource, State


class QueuePolicy(Resource):
    """A queue's policy as a resource of its own; its id is the queue's URL."""

    token = "aws:sqs/queuePolicy:QueuePolicy"
    service = "sqs"
    create_operation = ""
    keys = {"QueueUrl": "id"}

    def create(self, cloud: Cloud, inputs: State) -> str:
        self._put(cloud, inputs["queueUrl"], inputs["policy"])
        return inputs["queueUrl"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        where = {"QueueUrl": resource_id, "AttributeNames": ["Policy"]}
        try:
            policy = cloud.call("sqs", "GetQueueAttributes", **where).get("Attributes", {}).get("Policy")
        except NotFound:
            return None
        return {"queueUrl": resource_id, "policy": policy} if policy else None

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._put(cloud, resource_id, news["policy"])

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        self._put(cloud, resource_id, "")

    def _put(self, cloud: Cloud, queue_url: str, policy: str) -> None:
        cloud.call("sqs", "SetQueueAttributes", QueueUrl=queue_url, Attributes={"Policy": policy})


RESOURCES: tuple[type[Resource], ...] = (QueuePolicy,)

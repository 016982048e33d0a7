"""Define SNS's subscriptions."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud, NotFound
from pulumi_local_aws.provider.convert import api_name
from pulumi_local_aws.provider.resource import Resource, State
from pulumi_local_aws.provider.schema import Kind

_ATTRIBUTES = ("deliveryPolicy", "filterPolicy", "filterPolicyScope", "rawMessageDelivery", "redrivePolicy")


class TopicSubscription(Resource):
    """A subscription of a topic; its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    service = "sns"
    create_operation = "Subscribe"
    delete_operation = "Unsubscribe"
    keys = {"SubscriptionArn": "id"}
    overrides = {
        "topic": {"api": "TopicArn"},
        "confirmationTimeoutInMinutes": {"local": True},
        "endpointAutoConfirms": {"local": True},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        given = {name: inputs[name] for name in _ATTRIBUTES if inputs.get(name)}
        return {
            "TopicArn": inputs["topic"],
            "Protocol": inputs["protocol"],
            "Endpoint": inputs["endpoint"],
            "Attributes": {
                api_name(name, self.table[name]): _attribute(value) for name, value in given.items()
            },
        }

    def create(self, cloud: Cloud, inputs: State) -> str:
        answer = cloud.call("sns", "Subscribe", **self.create_request(inputs), ReturnSubscriptionArn=True)
        return answer["SubscriptionArn"]

    def read(self, cloud: Cloud, resource_id: str, state: State) -> State | None:
        try:
            answer = cloud.call("sns", "GetSubscriptionAttributes", SubscriptionArn=resource_id)
        except NotFound:
            return None
        response = answer["Attributes"]
        found: State = {
            name: response[api_name(name, self.table[name])] == "true"
            if self.table[name].kind is Kind.BOOLEAN
            else response[api_name(name, self.table[name])]
            for name in (*_ATTRIBUTES, "confirmationWasAuthenticated", "pendingConfirmation")
            if response.get(api_name(name, self.table[name])) not in (None, "")
        }
        return {
            **found,
            "arn": resource_id,
            "endpoint": response["Endpoint"],
            "ownerId": response.get("Owner") or cloud.account,
            "protocol": response["Protocol"],
            "topic": response["TopicArn"],
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        for name in sorted(changed & set(_ATTRIBUTES)):
            value = news.get(name)
            cloud.call(
                "sns",
                "SetSubscriptionAttributes",
                SubscriptionArn=resource_id,
                AttributeName=api_name(name, self.table[name]),
                AttributeValue="" if value is None else _attribute(value),
            )


def _attribute(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


RESOURCES: tuple[type[Resource], ...] = (TopicSubscription,)

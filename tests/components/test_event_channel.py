"""The Event API: who publishes, who decides on subscribers, and where both connect."""

import json

import pulumi
import pytest

from tests.components.deployed import ACCOUNT, REGION, Deployed, deploy, resolved
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.event_channel import EventChannel, EventChannelArgs
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.policies import policy_document

API = f"arn:aws:appsync:{REGION}:{ACCOUNT}:apis/live-api"


def channel(authorizer: str | None = None) -> tuple[EventChannel, Deployed]:
    def build(opts: pulumi.ResourceOptions) -> EventChannel:
        code = LambdaHandlerArgs(
            archive=pulumi.AssetArchive({}), handler="h.handler", function_name="decides"
        )
        decides = LambdaHandler("decides", code, opts=opts) if authorizer is None else authorizer
        return EventChannel("live", EventChannelArgs(authorizer=decides), opts=opts)

    return deploy(build)


def test_roles_publish_and_a_function_decides_on_each_connection_and_subscription() -> None:
    _, deployed = channel()
    config = deployed.one("Api").inputs["eventConfig"]
    assert config["connectionAuthModes"] == [{"authType": "AWS_LAMBDA"}]
    assert config["defaultSubscribeAuthModes"] == [{"authType": "AWS_LAMBDA"}]
    assert config["defaultPublishAuthModes"] == [{"authType": "AWS_IAM"}]
    decides = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:decides"
    assert config["authProviders"] == [
        {
            "authType": "AWS_LAMBDA",
            "lambdaAuthorizerConfig": {"authorizerUri": decides, "authorizerResultTtlInSeconds": 0},
        },
        {"authType": "AWS_IAM"},
    ]


def test_only_this_api_may_call_the_authorizer() -> None:
    permission = channel()[1].one("Permission").inputs
    assert permission["action"] == "lambda:InvokeFunction"
    assert permission["function"] == "decides"
    assert (permission["principal"], permission["sourceArn"]) == ("appsync.amazonaws.com", API)


def test_the_alias_of_an_authorizer_is_what_the_api_calls() -> None:
    alias = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:decides:live"
    _, deployed = channel(alias)
    provider = deployed.one("Api").inputs["eventConfig"]["authProviders"][0]
    assert provider["lambdaAuthorizerConfig"]["authorizerUri"] == alias
    permission = deployed.one("Permission").inputs
    assert (permission["function"], permission["qualifier"]) == (alias.removesuffix(":live"), "live")


def test_the_urls_are_those_of_the_apis_hosts() -> None:
    made, _ = channel()
    assert resolved(made.publish_url) == f"https://a.appsync-api.{REGION}.amazonaws.com/event"
    assert (
        resolved(made.subscribe_url) == f"wss://a.appsync-realtime-api.{REGION}.amazonaws.com/event/realtime"
    )


def test_the_permission_to_publish_is_for_the_channels_of_one_namespace() -> None:
    made, deployed = channel()
    assert deployed.one("ChannelNamespace").inputs["name"] == "sessions"
    (statement,) = json.loads(resolved(policy_document([made.allow_publish()])))["Statement"]
    assert statement["Action"] == ["appsync:EventPublish"]
    assert statement["Resource"] == [f"{API}/channelNamespace/sessions"]


@pytest.mark.parametrize("namespace", ["", "-rooms", "rooms-", "a/b", "ro_oms", "x" * 51])
def test_a_namespace_that_appsync_refuses_is_refused_first(namespace: str) -> None:
    with pytest.raises(ArgumentError, match=r"namespace is .*allowed are 1 to 50 letters, digits and -"):
        EventChannelArgs(authorizer="arn:aws:lambda:us-east-1:1:function:f", namespace=namespace)

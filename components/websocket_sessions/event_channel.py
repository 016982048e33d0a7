"""An AppSync Event API: one request publishes an event to all subscribers of a channel."""

import re
from dataclasses import field
from typing import Unpack

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check_rule, coerce_args
from websocket_sessions.component_options import EventChannelOptions
from websocket_sessions.function_ref import FunctionLike, FunctionRef, function_ref
from websocket_sessions.names import statement_name
from websocket_sessions.policies import PolicyStatement
from websocket_sessions.tags import Tags, stack_tags

NAMESPACE = "sessions"
"""The default namespace: the first segment of a channel's name."""
_NAMESPACE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?")
_LAMBDA, _IAM = "AWS_LAMBDA", "AWS_IAM"


@arguments
class EventChannelArgs:
    """Arguments of EventChannel."""

    authorizer: FunctionLike
    """The function that decides on each connection and each subscription. AppSync calls it with the client's
    token each time and caches no result."""
    namespace: Input[str] = NAMESPACE
    """The first segment of the channels' names: 1 to 50 letters, digits and `-`, with neither end a `-`."""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`."""

    def __post_init__(self) -> None:
        """Check the namespace's name."""
        check_rule(
            "namespace",
            self.namespace,
            "allowed are 1 to 50 letters, digits and -, with neither end a -",
            lambda name: _NAMESPACE.fullmatch(name) is not None,
        )


class EventChannel(ComponentResource):
    """An Event API to which roles publish and clients subscribe, each client by a function's decision."""

    api_id: Output[str]
    """The API's id."""
    api_arn: Output[str]
    """The API's ARN."""
    publish_url: Output[str]
    """Where events are published: https://..."""
    subscribe_url: Output[str]
    """Where clients connect: wss://..."""
    namespace_arn: Output[str]
    """The namespace's ARN, as the permission `appsync:EventPublish` names it."""

    def __init__(
        self,
        name: str,
        args: EventChannelArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[EventChannelOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:EventChannel", name, None, opts)
        args = coerce_args(EventChannelArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._tags = stack_tags(args.tags)
        authorizer = function_ref(args.authorizer)

        self.api = self._create_api(authorizer)
        self.permission = self._allow_authorizer(authorizer)
        self.namespace = self._create_namespace(args)

        self.api_id = self.api.api_id
        self.api_arn = self.api.api_arn
        self.publish_url = self._endpoint("HTTP", "https", "/event")
        self.subscribe_url = self._endpoint("REALTIME", "wss", "/event/realtime")
        self.namespace_arn = Output.concat(self.api.api_arn, "/channelNamespace/", args.namespace)
        self.register_outputs(
            {
                "apiId": self.api_id,
                "apiArn": self.api_arn,
                "publishUrl": self.publish_url,
                "subscribeUrl": self.subscribe_url,
                "namespaceArn": self.namespace_arn,
            }
        )

    def allow_publish(self) -> PolicyStatement:
        """Return the permission to publish to all channels of the namespace."""
        return PolicyStatement(actions=["appsync:EventPublish"], resources=[self.namespace_arn])

    def _create_api(self, authorizer: FunctionRef) -> aws.appsync.Api:
        """Create the API: roles publish, and a function decides who connects and subscribes."""
        config = aws.appsync
        return aws.appsync.Api(
            f"{self._name}-api",
            event_config=config.ApiEventConfigArgs(
                auth_providers=[
                    config.ApiEventConfigAuthProviderArgs(
                        auth_type=_LAMBDA,
                        lambda_authorizer_config=config.ApiEventConfigAuthProviderLambdaAuthorizerConfigArgs(
                            authorizer_uri=authorizer.arn, authorizer_result_ttl_in_seconds=0
                        ),
                    ),
                    config.ApiEventConfigAuthProviderArgs(auth_type=_IAM),
                ],
                connection_auth_modes=[config.ApiEventConfigConnectionAuthModeArgs(auth_type=_LAMBDA)],
                default_publish_auth_modes=[config.ApiEventConfigDefaultPublishAuthModeArgs(auth_type=_IAM)],
                default_subscribe_auth_modes=[
                    config.ApiEventConfigDefaultSubscribeAuthModeArgs(auth_type=_LAMBDA)
                ],
            ),
            tags=self._tags,
            opts=ResourceOptions(parent=self, depends_on=authorizer.depends_on),
        )

    def _allow_authorizer(self, authorizer: FunctionRef) -> aws.lambda_.Permission:
        return aws.lambda_.Permission(
            statement_name(f"{self._name}-authorizer-permission"),
            action="lambda:InvokeFunction",
            function=authorizer.name,
            qualifier=authorizer.qualifier,
            principal="appsync.amazonaws.com",
            source_arn=self.api.api_arn,
            opts=self._child_opts,
        )

    def _create_namespace(self, args: EventChannelArgs) -> aws.appsync.ChannelNamespace:
        return aws.appsync.ChannelNamespace(
            f"{self._name}-namespace",
            api_id=self.api.api_id,
            name=args.namespace,
            tags=self._tags,
            opts=self._child_opts,
        )

    def _endpoint(self, kind: str, scheme: str, path: str) -> Output[str]:
        """Return an endpoint's URL. AWS gives a host; a local AWS gives a URL with a scheme."""
        return self.api.dns.apply(
            lambda dns: (dns[kind] if "://" in dns[kind] else f"{scheme}://{dns[kind]}") + path
        )

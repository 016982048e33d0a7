"""A chat with rooms: routes and tables of its own, and an authorizer that accepts invitations."""

import pulumi
import pulumi_aws as aws

from websocket_sessions import LambdaHandler, MockReply, PolicyStatement, WebSocketApi

invitations = aws.dynamodb.Table(
    "invitations",
    billing_mode="PAY_PER_REQUEST",
    hash_key="tokenHash",
    attributes=[{"name": "tokenHash", "type": "S"}],
)
members = aws.dynamodb.Table(
    "members",
    billing_mode="PAY_PER_REQUEST",
    hash_key="room",
    range_key="connectionId",
    attributes=[{"name": "room", "type": "S"}, {"name": "connectionId", "type": "S"}],
    ttl={"attribute_name": "expiresAt", "enabled": True},
)

authorizer = LambdaHandler(
    "authorizer",
    handler="app/authorizer.handler",
    environment={"INVITATIONS": invitations.name},
    policy=[PolicyStatement(actions=["dynamodb:GetItem"], resources=[invitations.arn])],
)
api = WebSocketApi(
    "chat",
    routes={"$connect": MockReply(response_template="{}")},
    authorizer=authorizer,
    identity_sources=["route.request.querystring.token"],
)
join = LambdaHandler(
    "join",
    handler="app/rooms.join",
    environment={"MEMBERS": members.name},
    policy=[PolicyStatement(actions=["dynamodb:PutItem"], resources=[members.arn])],
)
say = LambdaHandler(
    "say",
    handler="app/rooms.say",
    environment={"MEMBERS": members.name, "CALLBACK_URL": api.callback_url},
    policy=[
        PolicyStatement(actions=["dynamodb:Query", "dynamodb:DeleteItem"], resources=[members.arn]),
        api.manage_connections(["POST"]),
    ],
)
api.add_route("join", join)
api.add_route("say", say)

pulumi.export("url", api.url)
pulumi.export("invitations", invitations.name)

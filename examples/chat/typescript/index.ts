// A chat with rooms: routes and tables of its own, and an authorizer that accepts invitations.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LambdaHandler, WebSocketApi, WebSocketRoute } from "@websocket-sessions/websocket_sessions";

const invitationsTable = new aws.dynamodb.Table("invitations", {
  billingMode: "PAY_PER_REQUEST",
  hashKey: "tokenHash",
  attributes: [{ name: "tokenHash", type: "S" }],
});
const members = new aws.dynamodb.Table("members", {
  billingMode: "PAY_PER_REQUEST",
  hashKey: "room",
  rangeKey: "connectionId",
  attributes: [
    { name: "room", type: "S" },
    { name: "connectionId", type: "S" },
  ],
  ttl: { attributeName: "expiresAt", enabled: true },
});

const authorizer = new LambdaHandler("authorizer", {
  handler: "../app/authorizer.handler",
  environment: { INVITATIONS: invitationsTable.name },
  policy: [{ actions: ["dynamodb:GetItem"], resources: [invitationsTable.arn] }],
});
const api = new WebSocketApi("chat", {
  routes: { $connect: { responseTemplate: "{}" } },
  authorizer: authorizer.functionArn,
  identitySources: ["route.request.querystring.token"],
});
const join = new LambdaHandler("join", {
  handler: "../app/rooms.join",
  environment: { MEMBERS: members.name },
  policy: [{ actions: ["dynamodb:PutItem"], resources: [members.arn] }],
});
const say = new LambdaHandler("say", {
  handler: "../app/rooms.say",
  environment: { MEMBERS: members.name, CALLBACK_URL: api.callbackUrl },
  policy: [
    { actions: ["dynamodb:Query", "dynamodb:DeleteItem"], resources: [members.arn] },
    {
      actions: ["execute-api:ManageConnections"],
      resources: [pulumi.interpolate`${api.executionArn}/${api.stageName}/POST/@connections/*`],
    },
  ],
});
for (const [routeKey, handler] of Object.entries({ join, say })) {
  new WebSocketRoute(`${routeKey}-route`, {
    apiId: api.apiId,
    executionArn: api.executionArn,
    stageName: api.stageName,
    routeKey,
    target: handler.functionArn,
  });
}

export const url = api.url;
export const invitations = invitationsTable.name;

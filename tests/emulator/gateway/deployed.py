"""A small WebSocket API on a real emulator, created with boto3: one function for every route."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_local_aws.aws import client
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress
from pulumi_local_aws.ministack import ACCOUNT_ID, REGION, MiniStack

STAGE = "live"
HEARTBEAT_ACK = '{"type":"heartbeatAck","serverTime":$context.requestTimeEpoch}'
CODE = """
import json, os, time, boto3

def handler(event, context):
    request = event["requestContext"]
    if event.get("type") == "REQUEST":
        token = (event["queryStringParameters"] or {}).get("token", "")
        if token == "bad":
            raise Exception("Unauthorized")
        statement = {"Effect": "Deny" if token == "no" else "Allow", "Action": "execute-api:Invoke",
                     "Resource": event["methodArn"]}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"principalId": "someone", "policyDocument": policy, "context": {"level": 3}}
    if request["eventType"] != "MESSAGE":
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat.v1"}}
    message = json.loads(event["body"])
    action = message.get("action")
    if action == "meet":
        with open(os.path.join(message["place"], request["messageId"]), "w"):
            until = time.time() + 9
        while len(os.listdir(message["place"])) < 2 and time.time() < until:
            time.sleep(0.02)
        return {"statusCode": 200, "body": "met" if time.time() < until else "alone"}
    if action == "log":
        print(json.dumps({"message": "handled", "correlation_id": request["requestId"]}))
    if action == "fail":
        raise ValueError("secret detail")
    if action == "push":
        callbacks = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CALLBACK_URL"])
        try:
            callbacks.post_to_connection(ConnectionId=request["connectionId"], Data=b"pushed")
            return {"statusCode": 200, "body": "allowed"}
        except Exception as error:
            return {"statusCode": 200, "body": type(error).__name__ + " " + str(error)}
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@dataclass(frozen=True)
class DeployedApi:
    """The API's ids, and clients that change it."""

    emulator: MiniStack
    api_id: str
    role: str
    function: str

    @property
    def address(self) -> EmulatorAddress:
        return EmulatorAddress(
            endpoint_url=self.emulator.endpoint_url,
            region=REGION,
            access_key=self.emulator.access_key,
            secret_key=self.emulator.secret_key,
        )

    def client(self, service: str) -> Any:
        return client(service, self.emulator.environment)

    def set_callback_url(self, url: str) -> None:
        """Set the endpoint that the function pushes to."""
        functions = self.client("lambda")
        functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": {"CALLBACK_URL": url}}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=self.function)

    def allow_pushes(self) -> None:
        resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{self.api_id}/{STAGE}/POST/@connections/*"
        statement = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": resource}
        self.client("iam").put_role_policy(
            RoleName=self.role, PolicyName="push", PolicyDocument=_policy(statement)
        )


def deploy(emulator: MiniStack, name: str) -> DeployedApi:
    """Create an API with an authorizer, and with two-way routes: `$default`, and two mocks."""
    aws = {service: client(service, emulator.environment) for service in ("iam", "lambda", "apigatewayv2")}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    gateway = aws["apigatewayv2"]
    api_id = gateway.create_api(
        Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    function = aws["lambda"].create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="echo.handler",
        Code={"ZipFile": _archive()},
        Timeout=15,
    )["FunctionArn"]
    aws["lambda"].get_waiter("function_active_v2").wait(FunctionName=name)
    aws["lambda"].add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api_id}/*",
    )
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    target = gateway.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri)
    authorizer = gateway.create_authorizer(
        ApiId=api_id, AuthorizerType="REQUEST", Name="a", AuthorizerUri=uri, IdentitySource=[]
    )
    two_way = {"RouteResponseSelectionExpression": "$default"}
    routes: list[tuple[str, Mapping[str, Any], dict[str, str]]] = [
        ("$connect", target, {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}),
        ("$disconnect", target, {}),
        ("$default", target, two_way),
        ("heartbeat", create_mock_integration(gateway, api_id, HEARTBEAT_ACK), two_way),
        ("choose", _create_choosing_integration(gateway, api_id), two_way),
        ("silent", target, {}),
    ]
    for key, integration, options in routes:
        route = gateway.create_route(
            ApiId=api_id, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}", **options
        )
        if "RouteResponseSelectionExpression" in options:
            gateway.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")
    gateway.create_stage(ApiId=api_id, StageName=STAGE, AutoDeploy=True, StageVariables={"colour": "blue"})
    return DeployedApi(emulator=emulator, api_id=api_id, role=name, function=name)


def create_mock_integration(gateway: Any, api_id: str, reply: str) -> Mapping[str, Any]:
    """Create a MOCK integration with this response template."""
    integration: Mapping[str, Any] = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="MOCK",
        RequestTemplates={"200": '{"statusCode":200}'},
        TemplateSelectionExpression="200",
    )
    gateway.create_integration_response(
        ApiId=api_id,
        IntegrationId=integration["IntegrationId"],
        IntegrationResponseKey="/200/",
        TemplateSelectionExpression="200",
        ResponseTemplates={"200": reply},
    )
    return integration


def _create_choosing_integration(gateway: Any, api_id: str) -> Mapping[str, Any]:
    """Create a MOCK integration whose request template is selected by the message's `size`."""
    integration: Mapping[str, Any] = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="MOCK",
        RequestTemplates={"small": '{"statusCode":200}', "large": '{"statusCode":413}'},
        TemplateSelectionExpression="${request.body.size}",
        PassthroughBehavior="NEVER",
    )
    for status, reply in (("200", "accepted"), ("413", "too large")):
        gateway.create_integration_response(
            ApiId=api_id,
            IntegrationId=integration["IntegrationId"],
            IntegrationResponseKey=f"/{status}/",
            ResponseTemplates={"$default": reply},
        )
    return integration


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("echo.py", CODE)
    return buffer.getvalue()

"""Creates what the gateway reads on any emulator, with boto3: an API, a function, the function's policy."""

import io
import json
import secrets
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from pulumi_local_aws.aws import client
from pulumi_local_aws.gateway.emulator_client import EmulatorAddress
from pulumi_local_aws.gateway.management_access import ManagementRequest
from tests.emulator.gateway.deployed import create_mock_integration

STAGE = "live"
NAME = f"gateway-{secrets.token_hex(3)}"
"""The name of every resource; it is unique, because an emulator may keep resources of an earlier run."""
_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@dataclass(frozen=True)
class AnyEmulator:
    """A running emulator and the caller's credentials."""

    address: EmulatorAddress

    def client(self, service: str) -> Any:
        environment = {
            "AWS_ENDPOINT_URL": self.address.endpoint_url,
            "AWS_REGION": self.address.region,
            "AWS_ACCESS_KEY_ID": self.address.access_key,
            "AWS_SECRET_ACCESS_KEY": self.address.secret_key,
        }
        return client(service, environment)

    def create_function(self) -> str:
        """Create a function that returns its event. Return its ARN."""
        policy = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})
        role = self.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("echo.py", "def handler(event, context):\n    return event\n")
        created = self.client("lambda").create_function(
            FunctionName=NAME,
            Runtime="python3.13",
            Role=role,
            Handler="echo.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        return str(created["FunctionArn"])

    def delete_function(self) -> None:
        with suppress(ClientError):  # LocalStack cannot delete one that it could not start
            self.client("lambda").delete_function(FunctionName=NAME)
        self.client("iam").delete_role(RoleName=NAME)

    def allow_api_gateway(self, source_arn: str) -> None:
        """Add the permission that the gateway checks."""
        self.client("lambda").add_permission(
            FunctionName=NAME,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source_arn,
        )

    def create_api(self, function_uri: str) -> str:
        """Create an API with an authorizer, a two-way and a one-way route, and a mock. Return its id."""
        gateway = self.client("apigatewayv2")
        api_id = gateway.create_api(
            Name=NAME, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.kind"
        )["ApiId"]
        proxy = gateway.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=function_uri, TimeoutInMillis=5000
        )["IntegrationId"]
        authorizer = gateway.create_authorizer(
            ApiId=api_id,
            AuthorizerType="REQUEST",
            Name="guard",
            AuthorizerUri=function_uri,
            IdentitySource=["route.request.querystring.token"],
        )["AuthorizerId"]
        mock = create_mock_integration(gateway, api_id, '{"type":"heartbeatAck"}')["IntegrationId"]
        guard = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer}
        for key, integration, options in (
            ("$connect", proxy, guard),
            ("$default", proxy, {"RouteResponseSelectionExpression": "$default"}),
            ("silent", proxy, {}),
            ("heartbeat", mock, {"RouteResponseSelectionExpression": "$default"}),
        ):
            route = gateway.create_route(
                ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}", **options
            )
            if "RouteResponseSelectionExpression" in options:
                gateway.create_route_response(
                    ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
                )
        gateway.create_stage(
            ApiId=api_id,
            StageName=STAGE,
            AutoDeploy=True,
            StageVariables={"colour": "blue"},
            DefaultRouteSettings={"ThrottlingRateLimit": 10.5, "ThrottlingBurstLimit": 20},
        )
        return str(api_id)

    def delete_api(self, api_id: str) -> None:
        self.client("apigatewayv2").delete_api(ApiId=api_id)

    def signed_push(self, api_id: str, host: str) -> ManagementRequest:
        """Return a push to an unknown connection, signed by the caller for the gateway at `host`."""
        path = f"/_aws/execute-api/{api_id}/{STAGE}/@connections/L0SM9cOFvHcCIhw%3D"
        request = AWSRequest(method="POST", url=f"http://{host}{path}", data=b"x")
        credentials = Credentials(self.address.access_key, self.address.secret_key)
        SigV4Auth(credentials, "execute-api", self.address.region).add_auth(request)
        return ManagementRequest(
            method="POST",
            raw_path=path,
            host=host,
            headers=dict(request.headers.items()),
            body=b"x",
            api_id=api_id,
            stage=STAGE,
        )

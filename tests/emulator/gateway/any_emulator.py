"""What the gateway reads, made by boto3 on any emulator: an API, a function, the function's policy."""

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
from pulumi_local_aws.gateway.permissions import ManagementCall
from tests.emulator.gateway.deployed import mock_integration

STAGE = "live"
NAME = f"gateway-{secrets.token_hex(3)}"
"""Of everything that is made: an emulator may keep what an earlier run left."""
_TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@dataclass(frozen=True)
class AnyEmulator:
    """An emulator that runs, and the caller."""

    address: EmulatorAddress

    def client(self, service: str) -> Any:
        environment = {
            "AWS_ENDPOINT_URL": self.address.endpoint_url,
            "AWS_REGION": self.address.region,
            "AWS_ACCESS_KEY_ID": self.address.access_key,
            "AWS_SECRET_ACCESS_KEY": self.address.secret_key,
        }
        return client(service, environment)

    def make_function(self) -> str:
        """Make a function that answers with its event; returns its ARN."""
        policy = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})
        role = self.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("echo.py", "def handler(event, context):\n    return event\n")
        made = self.client("lambda").create_function(
            FunctionName=NAME,
            Runtime="python3.13",
            Role=role,
            Handler="echo.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        return str(made["FunctionArn"])

    def remove_function(self) -> None:
        with suppress(ClientError):  # LocalStack cannot delete one that it could not start
            self.client("lambda").delete_function(FunctionName=NAME)
        self.client("iam").delete_role(RoleName=NAME)

    def let_api_gateway_call(self, source_arn: str) -> None:
        """Add the permission that the gateway looks for."""
        self.client("lambda").add_permission(
            FunctionName=NAME,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source_arn,
        )

    def make_api(self, function_uri: str) -> str:
        """Make `$connect` with an authorizer, a two-way and a one-way route, and a mock; returns its id."""
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
        mock = mock_integration(gateway, api_id, '{"type":"heartbeatAck"}')["IntegrationId"]
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

    def remove_api(self, api_id: str) -> None:
        self.client("apigatewayv2").delete_api(ApiId=api_id)

    def signed_push(self, api_id: str, host: str) -> ManagementCall:
        """A push to a connection that no emulator knows, signed by the caller for the gateway at `host`."""
        path = f"/_aws/execute-api/{api_id}/{STAGE}/@connections/L0SM9cOFvHcCIhw%3D"
        request = AWSRequest(method="POST", url=f"http://{host}{path}", data=b"x")
        credentials = Credentials(self.address.access_key, self.address.secret_key)
        SigV4Auth(credentials, "execute-api", self.address.region).add_auth(request)
        return ManagementCall(
            method="POST",
            raw_path=path,
            host=host,
            headers=dict(request.headers.items()),
            body=b"x",
            api_id=api_id,
            stage=STAGE,
        )

"""A service of AWS invokes a function only if the function's policy, or the role of its own, allows that."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.ministack import ACCOUNT_ID, REGION, MiniStack
from pulumi_local_aws.processes import wait_until
from tests.local_aws.emulated_function import archive_of, emulated_function

pytestmark = pytest.mark.emulator

NAME = "invoked-by-services"
CODE = """
import os

def handler(event, context):
    with open(os.environ["INVOCATIONS"], "a") as file:
        file.write("invoked\\n")
    return {"statusCode": 200, "body": "invoked", "isAuthorized": True}
"""
WAIT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function that writes a line for each of its invocations."""

    emulator: MiniStack
    arn: str
    role: str
    invocations: Path

    def client(self, service: str) -> Any:
        return client(service, self.emulator.environment)

    def count(self) -> int:
        return len(self.invocations.read_text().splitlines())

    def permit(self, service: str, source_arn: str) -> None:
        self.client("lambda").add_permission(
            FunctionName=NAME,
            StatementId="".join(filter(str.isalnum, source_arn))[-90:],
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            SourceArn=source_arn,
        )

    def refusals(self, source_arn: str) -> int:
        """Return how often the emulator has logged a refusal for this source."""
        lines = self.emulator.log.read_text(errors="replace").splitlines()
        return sum("refused:" in line and line.endswith(source_arn) for line in lines)


@pytest.fixture(scope="module")
def function(emulator: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    invocations = tmp_path_factory.mktemp("invocations") / "lines"
    invocations.touch()
    with emulated_function(
        emulator,
        NAME,
        archive=archive_of("echo.py", CODE),
        handler="echo.handler",
        variables={"INVOCATIONS": str(invocations)},
        trusted=("lambda.amazonaws.com", "events.amazonaws.com"),
    ) as made:
        yield Function(emulator=emulator, arn=made.arn, role=made.role_arn, invocations=invocations)


def topic(function: Function) -> tuple[str, Callable[[], object]]:
    sns = function.client("sns")
    arn = sns.create_topic(Name=NAME)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=function.arn)
    return arn, lambda: sns.publish(TopicArn=arn, Message="news")


def bucket(function: Function) -> tuple[str, Callable[[], object]]:
    s3 = function.client("s3")
    s3.create_bucket(Bucket=NAME)
    notified = {"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=NAME, NotificationConfiguration={"LambdaFunctionConfigurations": [notified]}
    )
    return f"arn:aws:s3:::{NAME}", lambda: s3.put_object(Bucket=NAME, Key="one", Body=b"")


def rule(function: Function, name: str = NAME, **target: str) -> tuple[str, Callable[[], object]]:
    events = function.client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function.arn, **target}])
    entry = {"Source": name, "DetailType": "news", "Detail": "{}"}
    return arn, lambda: events.put_events(Entries=[entry])


@pytest.mark.parametrize(
    ("service", "make"), [("sns", topic), ("s3", bucket), ("events", rule)], ids=["topic", "bucket", "rule"]
)
def test_a_source_invokes_by_its_permission(
    function: Function, service: str, make: Callable[[Function], tuple[str, Callable[[], object]]]
) -> None:
    source_arn, send = make(function)
    before = function.count()
    function.permit(service, f"{source_arn}-of-another")
    send()
    assert wait_until(lambda: function.refusals(source_arn) == 1, WAIT_SECONDS)
    function.permit(service, source_arn)
    send()
    assert wait_until(lambda: function.count() > before, WAIT_SECONDS)
    assert (function.count(), function.refusals(source_arn)) == (before + 1, 1)


def test_a_permission_for_the_function_does_not_hold_for_its_alias(function: Function) -> None:
    functions, events = function.client("lambda"), function.client("events")
    version = functions.publish_version(FunctionName=NAME)["Version"]
    alias = functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion=version)["AliasArn"]
    source_arn, send = rule(function, "of-an-alias")
    events.put_targets(Rule="of-an-alias", Targets=[{"Id": "1", "Arn": alias}])
    before = function.count()
    function.permit("events", source_arn)
    send()
    assert wait_until(lambda: function.refusals(source_arn) == 1, WAIT_SECONDS)
    functions.add_permission(
        FunctionName=NAME,
        Qualifier="live",
        StatementId="of-the-alias",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=source_arn,
    )
    send()
    assert wait_until(lambda: function.count() > before, WAIT_SECONDS)
    assert (function.count(), function.refusals(source_arn)) == (before + 1, 1)


def test_a_target_with_a_role_is_invoked_by_the_role(function: Function) -> None:
    """A schedule invokes its target in the same way."""
    source_arn, send = rule(function, "with-a-role", RoleArn=function.role)
    before = function.count()
    function.permit("events", source_arn)
    send()
    assert wait_until(lambda: function.refusals(source_arn) == 1, WAIT_SECONDS)
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function.arn}
    iam = function.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=NAME, PolicyName="invoke", PolicyDocument=document)
    send()
    assert wait_until(lambda: function.count() > before, WAIT_SECONDS)
    assert (function.count(), function.refusals(source_arn)) == (before + 1, 1)
    iam.delete_role_policy(RoleName=NAME, PolicyName="invoke")


@pytest.fixture
def http_api(function: Function) -> Iterator[str]:
    """An HTTP API with the route `GET /orders/{id}`, whose integration is the function."""
    gateway = function.client("apigatewayv2")
    api_id = gateway.create_api(Name=NAME, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function.arn,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=api_id, RouteKey="GET /orders/{id}", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api_id, StageName="live", AutoDeploy=True)
    yield api_id
    gateway.delete_api(ApiId=api_id)


def answer(function: Function, api_id: str) -> tuple[int, str]:
    """Return the status and the body of a request to the API's route."""
    url = f"{function.emulator.endpoint_url}/_aws/execute-api/{api_id}/live/orders/7"
    try:
        with urlopen(Request(url, headers={"Authorization": "me"}), timeout=WAIT_SECONDS) as response:  # noqa: S310 -- the emulator's
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


REFUSED = (500, '{"message": "Internal Server Error"}')


def test_a_route_of_an_http_api_invokes_by_its_permission(function: Function, http_api: str) -> None:
    api_arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{http_api}"
    function.permit("apigateway", f"{api_arn}/live/POST/orders/*")
    before = function.count()
    assert answer(function, http_api) == REFUSED
    function.permit("apigateway", f"{api_arn}/live/GET/orders/*")
    assert answer(function, http_api) == (200, "invoked")
    assert function.count() == before + 1


def test_an_authorizer_of_an_http_api_invokes_by_its_permission(function: Function, http_api: str) -> None:
    gateway = function.client("apigatewayv2")
    authorizer = gateway.create_authorizer(
        ApiId=http_api,
        Name=NAME,
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function.arn}/invocations",
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        AuthorizerResultTtlInSeconds=0,
        IdentitySource=["$request.header.Authorization"],
    )["AuthorizerId"]
    (route,) = gateway.get_routes(ApiId=http_api)["Items"]
    gateway.update_route(
        ApiId=http_api, RouteId=route["RouteId"], AuthorizationType="CUSTOM", AuthorizerId=authorizer
    )
    api_arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{http_api}"
    function.permit("apigateway", f"{api_arn}/live/*")
    before = function.count()
    assert answer(function, http_api) == REFUSED
    function.permit("apigateway", f"{api_arn}/authorizers/{authorizer}")
    assert answer(function, http_api) == (200, "invoked")
    assert function.count() == before + 2

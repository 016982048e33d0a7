"""A function: its role allows what it was given and its log, and exists before the function does."""

import json
from typing import Any

import pulumi
import pytest

from tests.components.deployed import Deployed, deploy
from websocket_sessions.lambda_handler import LambdaHandler, LambdaHandlerArgs
from websocket_sessions.policies import PolicyStatement


def made(**more: Any) -> Deployed:
    def build(opts: pulumi.ResourceOptions) -> LambdaHandler:
        args = LambdaHandlerArgs(
            archive=pulumi.AssetArchive({}),
            handler="handlers.publish.handler",
            function_name="sessions-test-publish",
            policy=[PolicyStatement(actions=["dynamodb:PutItem"], resources=["arn:table"])],
            environment={"SETTINGS": "{}"},
            **more,
        )
        return LambdaHandler("publish", args, opts=opts)

    return deploy(build)[1]


def statements(deployed: Deployed) -> list[dict[str, Any]]:
    return json.loads(deployed.one("RolePolicy").inputs["policy"])["Statement"]


def test_it_is_a_function_with_a_role_a_policy_and_a_log_group() -> None:
    assert made().table == {
        "publish (LambdaHandler)": ("websocket_sessions:index:LambdaHandler", None),
        "publish-logs (LogGroup)": ("aws:cloudwatch/logGroup:LogGroup", "publish"),
        "publish-role (Role)": ("aws:iam/role:Role", "publish"),
        "publish-policy (RolePolicy)": ("aws:iam/rolePolicy:RolePolicy", "publish"),
        "publish-function (Function)": ("aws:lambda/function:Function", "publish"),
    }


def test_the_role_allows_what_was_given_and_to_write_its_own_log() -> None:
    assert statements(made()) == [
        {"Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": ["arn:table"]},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [
                "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/sessions-test-publish:log-stream:*"
            ],
        },
    ]


def test_the_function_gets_its_code_settings_and_defaults() -> None:
    inputs = made().one("Function").inputs
    assert inputs["name"] == "sessions-test-publish"
    assert inputs["handler"] == "handlers.publish.handler"
    assert (inputs["runtime"], inputs["architectures"]) == ("python3.13", ["arm64"])
    assert (inputs["memorySize"], inputs["timeout"]) == (256, 10)
    assert inputs["environment"] == {"variables": {"SETTINGS": "{}"}}
    assert inputs["tracingConfig"] == {"mode": "PassThrough"}
    assert "reservedConcurrentExecutions" not in inputs


def test_log_lines_are_kept_for_as_long_as_asked() -> None:
    assert made(log_retention_days=7).one("LogGroup").inputs == {
        "name": "/aws/lambda/sessions-test-publish",
        "retentionInDays": 7,
        "tags": {"Project": "websocket-sessions", "Stack": "test"},
    }


def test_tracing_switches_traces_on_and_allows_them() -> None:
    deployed = made(tracing=True)
    assert deployed.one("Function").inputs["tracingConfig"] == {"mode": "Active"}
    assert statements(deployed)[1]["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def test_only_lambda_may_take_the_role() -> None:
    trust = json.loads(made().one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


@pytest.mark.parametrize("concurrency", [0, 5])
def test_concurrency_can_be_reserved(concurrency: int) -> None:
    inputs = made(reserved_concurrency=concurrency).one("Function").inputs
    assert inputs["reservedConcurrentExecutions"] == concurrency

"""A whole verification in its quick form, on the local AWS of the tests: `make verify` without an account."""

from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.inventory import inventory
from tools.commands.verify import prepare
from tools.verify.leftovers import LISTS
from tools.verify.observations import Verdict
from tools.verify.runner import STEPS, verify
from tools.verify.verification import QUICK

pytestmark = [pytest.mark.emulator, pytest.mark.engine]

UNSEEN_HERE = {
    "quotas": {"newConnectionsPerSecond", "requestsPerSecond", "lambdaConcurrency"},
    "stages": {"stage of webSocketApiId", "stage of httpApiId"},
    "join bursts": {"2 joins at the same moment"},
    "dashboard": {
        "graph: Connections and messages",
        "graph: Function errors and throttles",
        "graph: Function duration",
        "graph: Answered and refused",
    },
    "alarms": {"alarms"},
}
"""What a local AWS cannot show, by step."""
PARTS = {
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/integrationResponse:IntegrationResponse",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/routeResponse:RouteResponse",
    "aws:apigatewayv2/stage:Stage",
    "aws:cognito/userPoolClient:UserPoolClient",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/permission:Permission",
}
"""Types of resources that are parts of a listed one and are deleted with it."""


def test_a_quick_verification_holds_and_leaves_nothing(deployment: Deployment, tmp_path: Path) -> None:
    if deployment.pulumi is None:
        pytest.skip("deploys a stack of its own beside the tests' stack, which is elsewhere")
    before = inventory(deployment.aws)
    run = prepare(
        "local",
        folder=tmp_path,
        path=tmp_path / "report.json",
        sizes=QUICK,
        environment=deployment.pulumi,
        changes={"idlePing": 30},
    )
    types: set[str] = set()
    destroy = run.stack.destroy

    def recorded() -> None:
        types.update(str(one["type"]) for one in run.stack.resources())
        destroy()

    run.stack.destroy = recorded
    verify(run)

    page = run.report.markdown.read_text(encoding="utf-8")
    assert run.report.count(Verdict.DIFFERS) == 0, page
    assert run.report.done == [step.name for step in STEPS], page
    unseen = {
        step: {one.subject for one in found if one.verdict is Verdict.UNSEEN}
        for step, found in run.report.observations.items()
    }
    assert {step: subjects for step, subjects in unseen.items() if subjects} == UNSEEN_HERE
    assert {kind for kind in types if kind.startswith("aws:")} <= {*LISTS, *PARTS}
    assert inventory(deployment.aws) == before

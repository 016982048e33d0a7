"""A whole verification in its quick form, on the local AWS of the tests: `make verify` without an account."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.scaled_time import Controls
from tools.commands.verify import prepare
from tools.verify import runner
from tools.verify.idle_pings import idle_pings
from tools.verify.inventory import LISTS, inventory
from tools.verify.observations import Observation, Verdict
from tools.verify.runner import STEPS, verify
from tools.verify.verification import QUICK, Verification

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
    "aws:appsync/channelNamespace:ChannelNamespace",
    "aws:cognito/userPoolClient:UserPoolClient",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/permission:Permission",
}
"""Types of resources that are parts of a listed one and are deleted with it."""


@contextmanager
def runs(controls: Controls) -> Generator[None]:
    """Call the scheduled function again and again, beside its schedule."""
    ended = Event()

    def repeat() -> None:
        while not ended.wait(0.5):
            controls.run()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(repeat)
        try:
            yield
        finally:
            ended.set()
            running.result()


def soon_due(run: Verification) -> Iterator[Observation]:
    """Observe silent connections that are due after two seconds."""
    controls = Controls(Deployment(outputs=run.outputs, aws=run.aws))
    controls.settings("connect", "keep_alive", idlePing=2)
    with runs(controls):
        yield from idle_pings(run)
    controls.restore()


def test_a_quick_verification_holds_and_leaves_nothing(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if deployment.pulumi is None:
        pytest.skip("deploys a stack of its own beside the tests' stack, which is elsewhere")
    quicker = [replace(step, observe=soon_due) if step.name == "idle pings" else step for step in STEPS]
    monkeypatch.setattr(runner, "STEPS", tuple(quicker))
    before = inventory(deployment.aws)
    run = prepare(
        "local",
        folder=tmp_path,
        path=tmp_path / "report.json",
        sizes=QUICK,
        environment=deployment.pulumi,
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

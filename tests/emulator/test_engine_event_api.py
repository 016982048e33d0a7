"""Test an Event API with the real engine: what it refuses in the preview, and that its address works."""

from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from pulumi_local_aws.aws import client
from pulumi_local_aws.engine import Engine
from pulumi_local_aws.errors import EngineError
from pulumi_local_aws.ministack import MiniStack
from tests.emulator.catalogue import Case
from tests.emulator.catalogue_whole import ALL
from tests.emulator.project import Project, changed

pytestmark = [pytest.mark.emulator, pytest.mark.engine]


def _api(*providers: Any, connecting: str) -> Case:
    config: dict[str, Any] = {
        "authProviders": list(providers),
        "connectionAuthModes": [{"authType": connecting}],
        "defaultPublishAuthModes": [{"authType": "API_KEY"}],
        "defaultSubscribeAuthModes": [{"authType": "API_KEY"}],
    }
    return Case(type="aws:appsync/api:Api", properties={"eventConfig": config})


@pytest.mark.parametrize(
    ("api", "reason"),
    [
        (
            _api({"authType": "API_KEY"}, {"authType": "OPENID_CONNECT"}, connecting="API_KEY"),
            "the local AWS does not support 'OPENID_CONNECT', only API_KEY, AWS_IAM, AWS_LAMBDA",
        ),
        (
            _api({"authType": "API_KEY"}, connecting="AWS_IAM"),
            "connectionAuthModes has 'AWS_IAM', which is not one of the authProviders",
        ),
        (
            _api({"authType": "API_KEY"}, {"authType": "AWS_LAMBDA"}, connecting="API_KEY"),
            "an AWS_LAMBDA authorization provider requires a lambdaAuthorizerConfig",
        ),
    ],
    ids=["unsupported type", "missing provider", "missing authorizer"],
)
def test_a_config_that_cannot_work_is_refused_in_the_preview(
    engine: Engine, tmp_path: Path, api: Case, reason: str
) -> None:
    project = Project.make(engine, tmp_path, "refused-event-api")
    project.write({"api": api})
    with pytest.raises(EngineError, match=reason):
        project.plan()


def test_a_deployed_api_is_found_at_its_address(engine: Engine, emulator: MiniStack, tmp_path: Path) -> None:
    project = Project.make(engine, tmp_path, "event-api")
    api = _api({"authType": "API_KEY"}, connecting="API_KEY")
    channels = changed(ALL["channels"], {"apiId": "${api.apiId}", "subscribeAuthModes": None})
    project.write({"api": api, "channels": channels})
    project.up()
    made = project.state()
    outputs = made["api"]["outputs"]
    api_id, arn = outputs["apiId"], f"arn:aws:appsync:us-east-1:000000000000:apis/{outputs['apiId']}"
    assert (made["api"]["id"], outputs["apiArn"]) == (api_id, arn)
    assert made["channels"]["id"] == f"{api_id},{made['channels']['outputs']['name']}"
    assert made["channels"]["outputs"]["channelNamespaceArn"].startswith(f"{arn}/channelNamespace/channels-")
    url = f"{outputs['dns']['REALTIME']}/event/realtime"
    with connect(url, subprotocols=[Subprotocol("aws-appsync-event-ws")]) as socket:
        assert "UnauthorizedException" in str(socket.recv(timeout=30))
    project.destroy()
    left = client("appsync", emulator.environment).list_apis()["apis"]
    assert api_id not in {one["apiId"] for one in left}

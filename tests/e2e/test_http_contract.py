"""What the HTTP API answers to generated requests is what docs/openapi.json describes."""

import json
import urllib.error
import urllib.request
from importlib import import_module
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from tests.e2e.deployment import Deployment, User
from tests.e2e.test_http import BODY, call
from tests.support.reliability import Figures, sized
from tools.dev_stack.paths import ROOT

pytestmark = [pytest.mark.emulator, pytest.mark.engine]
CHECKS: Any = import_module("schemathesis.specs.openapi.checks")  # its types are incomplete
REQUESTS = sized(20, 50)
"""Generated requests for each operation and mode."""
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [
    (path, method)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method in ("get", "post", "patch", "delete")
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_generated_requests_are_answered_as_described(
    deployment: Deployment,
    speaker_user: User,
    figures: Figures,
    path: str,
    method: str,
    mode: GenerationMode,
) -> None:
    """No status, media type or body that the document lacks, and no server error.

    A valid request may be refused: the stack's settings say which languages are supported.
    """
    document = cast("Any", schemathesis).openapi.from_dict(DOCUMENT)
    operation = document[path][method.upper()]

    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=(
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.function_scoped_fixture,
        ),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        figures.tried(1)
        case.call_and_validate(
            base_url=deployment.config["httpUrl"].rstrip("/"),
            headers={"Authorization": f"Bearer {speaker_user.token}"},
            excluded_checks=[CHECKS.positive_data_acceptance],
        )

    answered()


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("POST", "/sessions", None, 401),
        ("POST", "/sessions", "not-a-token", 401),
        ("GET", "/nothing-here", None, 404),
        ("PUT", "/sessions", None, 404),
    ],
)
def test_api_gateway_answers_by_itself_as_described(
    deployment: Deployment, method: str, path: str, token: str | None, status: int
) -> None:
    url = f"{deployment.config['httpUrl'].rstrip('/')}{path}"
    request = urllib.request.Request(url, method=method, data=b"{}" if method != "GET" else None)  # noqa: S310
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    with pytest.raises(urllib.error.HTTPError) as answered:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310 -- the stack's own address
    assert answered.value.code == status
    assert answered.value.headers.get_content_type() == "application/json"
    described = DOCUMENT["paths"]["/sessions/{sessionId}"]["get"]["responses"][str(status)]["content"]
    assert json.loads(answered.value.read()) == described["application/json"]["example"]


def test_a_repeated_create_of_an_ended_session_is_gone(deployment: Deployment, speaker_user: User) -> None:
    key = {"Idempotency-Key": "created-and-ended"}
    _, made = call(deployment, "POST", "/sessions", speaker_user, BODY, **key)
    assert call(deployment, "DELETE", f"/sessions/{made['sessionId']}", speaker_user)[0] == 200
    status, problem = call(deployment, "POST", "/sessions", speaker_user, BODY, **key)
    assert (status, problem["code"]) == (410, "SESSION_ENDED")
    assert "410" in DOCUMENT["paths"]["/sessions"]["post"]["responses"]

"""The program itself, with each committed stack's config."""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import yaml

from tests.components.deployed import PROJECT, Deployed, deploy
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.routes import functions_in_use

REPOSITORY = Path(__file__).resolve().parents[2]
STACKS = ("local", "localstack", "dev", "staging", "prod")


def config_of(stack: str) -> dict[str, str]:
    text = (REPOSITORY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    given = cast(dict[str, Any], yaml.safe_load(text)["config"])
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def program(
    stack: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    folder: Path = REPOSITORY,
    quotas: Mapping[str, float] | None = None,
    **more: object,
) -> Deployed:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WEBSOCKET_SESSIONS_CACHE", str(REPOSITORY / ".local" / "archives"))
    config = config_of(stack) | {f"{PROJECT}:{key}": json.dumps(value) for key, value in more.items()}
    main = str(REPOSITORY / "__main__.py")
    return deploy(lambda _: runpy.run_path(main, run_name="__main__"), config, quotas=quotas)[1]


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_deploys_every_function_with_its_archive(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = program(stack, monkeypatch)
    assert len(deployed.of("Function")) == len(functions_in_use(record_heartbeats=False))
    for item in deployed.of("Function"):
        path = Path(item.inputs["code"].path)
        assert not path.is_absolute(), "a path of this machine would be in the state"
        assert (REPOSITORY / path).is_file()


def test_production_is_protected_watched_and_signs_in_by_srp_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = program("prod", monkeypatch)
    assert all(item.inputs["deletionProtectionEnabled"] for item in deployed.of("Table"))
    assert deployed.one("UserPool").inputs["deletionProtection"] == "ACTIVE"
    assert "ALLOW_USER_PASSWORD_AUTH" not in deployed.one("UserPoolClient").inputs["explicitAuthFlows"]
    assert deployed.of("MetricAlarm")
    assert {item.inputs["architectures"][0] for item in deployed.of("Function")} == {"arm64"}
    assert {item.inputs["runtime"] for item in deployed.of("Function")} == {"python3.13"}


def test_the_local_stack_can_be_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = program("local", monkeypatch)
    assert not any(item.inputs["deletionProtectionEnabled"] for item in deployed.of("Table"))
    assert deployed.of("MetricAlarm") == []


def test_the_site_and_the_apis_name_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One deployment is enough: neither waits for an address that the other one has only after it."""
    (tmp_path / "web" / "dist").mkdir(parents=True)
    (tmp_path / "web" / "dist" / "index.html").write_text("<head>")
    deployed = program("prod", monkeypatch, folder=tmp_path, site=True)
    apis = [item.inputs.get("corsConfiguration") for item in deployed.of("Api")]
    assert [cors["allowOrigins"] for cors in apis if cors] == [["https://d111.cloudfront.net"]]
    files = {item.inputs["key"]: item.inputs["content"] for item in deployed.of("BucketObjectv2")}
    config = json.loads(files["config.json"])
    for name in ("httpUrl", "webSocketUrl"):
        url = urlsplit(str(config[name]))
        assert f"{url.scheme}://{url.netloc}" in files["index.html"]


def test_a_load_that_passes_a_quota_stops_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    load = {"sessions": 1000, "listeners": 500, "messagesPerSecond": 10, "minutes": 60}
    with pytest.raises(ArgumentError, match="quota"):
        program("dev", monkeypatch, load=load)


def test_the_account_has_the_quotas_that_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 listeners join within four seconds, which ten functions at once cannot do."""
    load = {"sessions": 1, "listeners": 500, "messagesPerSecond": 0, "minutes": 60, "arrivalSeconds": 4}
    with pytest.raises(ArgumentError, match=r"lambdaConcurrency: .* of 10 functions .* the default"):
        program("dev", monkeypatch, load=load)
    with pytest.raises(ArgumentError, match=r"lambdaConcurrency: .* of 9 functions .* read from the account"):
        program("dev", monkeypatch, load=load, quotas={"L-B99A9384": 9})
    assert program("dev", monkeypatch, load=load, quotas={"L-B99A9384": 1_000}).of("Function")


def test_no_stack_config_carries_a_secret_or_a_path_of_a_machine() -> None:
    for stack in STACKS:
        text = (REPOSITORY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
        assert "encryptionsalt" not in text
        assert "/root" not in text
        assert "/home" not in text


def test_staging_is_production_but_for_what_makes_it_disposable() -> None:
    staging, production = config_of("staging"), config_of("prod")
    disposable = {"passwordSignIn": "true", "deletionProtection": "false", "pointInTimeRecovery": "false"}
    assert staging == production | {f"{PROJECT}:{key}": value for key, value in disposable.items()}

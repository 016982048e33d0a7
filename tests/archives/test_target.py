"""The target of the archives: from config values, or from what the local AWS runs."""

import pytest

from websocket_sessions.archives import ArchiveError, Target


@pytest.mark.parametrize(
    ("runtime", "architecture", "message"),
    [
        ("nodejs22.x", "arm64", r"lambdaRuntime is 'nodejs22\.x': allowed is a Python"),
        ("python3.13", "riscv", "lambdaArchitecture is 'riscv': allowed is arm64 or x86_64"),
    ],
)
def test_a_target_that_lambda_lacks_is_refused(runtime: str, architecture: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        Target(runtime=runtime, architecture=architecture)


def test_a_local_aws_names_what_it_runs_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_LAMBDA_RUNTIME", "python3.12")
    monkeypatch.setenv("EMULATOR_LAMBDA_ARCHITECTURE", "x86_64")
    assert Target.resolve("python3.13", "arm64") == Target(runtime="python3.12", architecture="x86_64")


def test_without_a_local_aws_the_target_is_the_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMULATOR_LAMBDA_RUNTIME", raising=False)
    monkeypatch.delenv("EMULATOR_LAMBDA_ARCHITECTURE", raising=False)
    assert Target.resolve("python3.14", "x86_64") == Target(runtime="python3.14", architecture="x86_64")


def test_the_best_wheel_platform_comes_first() -> None:
    assert Target(runtime="python3.13", architecture="arm64").platforms == (
        "manylinux_2_34_aarch64",
        "manylinux_2_28_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
    )

"""The target of the archives: from config values, or from what the local AWS runs."""

from pathlib import Path

import pytest

from websocket_sessions.archives import ArchiveError, Target


@pytest.mark.parametrize(
    ("runtime", "architecture", "message"),
    [
        ("nodejs22.x", "arm64", r"lambdaRuntime 'nodejs22\.x' is not allowed"),
        ("python3.13", "riscv", "lambdaArchitecture 'riscv' is not allowed: use arm64 or x86_64"),
    ],
)
def test_a_target_that_lambda_lacks_is_refused(runtime: str, architecture: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        Target(runtime=runtime, architecture=architecture)


def test_the_emulators_python_is_read_from_its_virtual_environment(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.13.0\n")
    assert Target.resolve("emulator", "arm64", tmp_path).runtime == "python3.13"


def test_the_best_wheel_platform_comes_first() -> None:
    assert Target(runtime="python3.13", architecture="arm64").platforms == (
        "manylinux_2_34_aarch64",
        "manylinux_2_28_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
    )

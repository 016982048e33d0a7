"""A verification records what it sees, continues where it stopped, and leaves no stack behind."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.ministack import MiniStack
from pulumi_local_aws.processes import wait_until
from tools.commands.verify import agree, prepare
from tools.dev_stack.paths import ROOT
from tools.verify import runner
from tools.verify.cost import announcement
from tools.verify.observations import Expectation, Observation, Verdict
from tools.verify.report import Report
from tools.verify.runner import DESTROY, STEPS, Step, verify
from tools.verify.stopping import Stopped
from tools.verify.verification import FULL, QUICK, Verification

WAIT_SECONDS = 60.0
SKY = Expectation(subject="sky", expected="blue | clear", source="a window", consequence="take an umbrella")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a local stack whose Pulumi CLI is the fake one."""
    cli = tmp_path / "bin" / "pulumi"
    cli.parent.mkdir()
    cli.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("fake_pulumi.py")} "$@"\n')
    cli.chmod(0o755)
    return {
        "PATH": f"{cli.parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "FAKE_STACKS": str(tmp_path / "stacks"),
        "FAKE_HANGING": str(tmp_path / "hanging"),
        "LOCAL_FOLDER": str(tmp_path / "local"),
    }


def verification(tmp_path: Path, environment: Mapping[str, str]) -> Verification:
    folder = tmp_path / "verify"
    return prepare("local", folder=folder, path=folder / "report.json", sizes=QUICK, environment=environment)


def stacks(environment: Mapping[str, str]) -> list[str]:
    folder = Path(environment["FAKE_STACKS"])
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def removed(run: Verification) -> Iterator[Observation]:
    """Remove the stack without a look at AWS, which has none here."""
    run.stack.destroy()
    run.report.stack_exists = False
    yield SKY.seen("removed", holds=True)


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "DESTROY", replace(DESTROY, observe=removed))


def steps(monkeypatch: pytest.MonkeyPatch, *own: Step) -> None:
    """Perform `preview` and `up`, then these steps."""
    deploying = [step for step in STEPS if step.name in {"preview", "up"}]
    monkeypatch.setattr(runner, "STEPS", (*deploying, *own, runner.DESTROY))


def seen(_run: Verification) -> Iterator[Observation]:
    yield SKY.seen("grey", holds=False)


def broken(_run: Verification) -> Iterator[Observation]:
    yield SKY.seen("blue", holds=True)
    raise ConnectionError("no road")


def test_a_report_is_the_same_after_it_was_stored(tmp_path: Path) -> None:
    report = Report(path=tmp_path / "report.json", stack="verify-dev", started="2026-01-01T00:00:00+00:00")
    report.begin("sky")
    report.add("sky", SKY.seen("grey", holds=False))
    report.add("sky", SKY.unseen("it is night"))
    report.finish("sky")
    assert Report.load(report.path) == report
    page = report.markdown.read_text(encoding="utf-8")
    assert "0 holds, 1 differs, 1 not observable here" in page
    assert "| sky | differs | blue \\| clear | grey | a window | take an umbrella |" in page


def test_a_step_that_fails_is_recorded_and_the_next_ones_are_performed(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(monkeypatch, Step(name="broken", observe=broken), Step(name="seen", observe=seen))
    run = verification(tmp_path, environment)
    verify(run)
    stored = Report.load(run.report.path)
    assert stored is not None
    assert [one.seen for one in stored.observations["broken"]] == ["blue", "ConnectionError: no road"]
    assert stored.done == ["preview", "up", "seen", "destroy"]
    assert stacks(environment) == []


@pytest.mark.parametrize("error", [CommandError("refused"), Stopped("SIGTERM")])
def test_the_stack_is_removed_however_the_run_ends(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def ends(_run: Verification) -> Iterator[Observation]:
        assert stacks(environment) == ["verify-local"]
        raise error
        yield

    steps(monkeypatch, Step(name="ends", observe=ends, essential=True), Step(name="seen", observe=seen))
    run = verification(tmp_path, environment)
    with pytest.raises(type(error)):
        verify(run)
    assert stacks(environment) == []
    assert not run.report.stack_exists
    assert "seen" not in run.report.observations


def test_a_second_run_repeats_only_what_is_incomplete_on_a_new_stack(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(monkeypatch, Step(name="seen", observe=seen), Step(name="broken", observe=broken))
    verify(verification(tmp_path, environment))

    def fails(_run: Verification) -> Iterator[Observation]:
        raise AssertionError("a complete step is repeated")
        yield

    def mended(_run: Verification) -> Iterator[Observation]:
        assert stacks(environment) == ["verify-local"]
        yield SKY.seen("blue", holds=True)

    steps(monkeypatch, Step(name="seen", observe=fails), Step(name="broken", observe=mended))
    second = verification(tmp_path, environment)
    verify(second)
    assert [one.verdict for one in second.report.observations["seen"]] == [Verdict.DIFFERS]
    assert [one.verdict for one in second.report.observations["broken"]] == [Verdict.HOLDS]
    assert stacks(environment) == []


def test_a_stack_that_no_run_made_is_not_touched(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(monkeypatch)
    verification(tmp_path, environment).stack.create()
    assert stacks(environment) == ["verify-local"]
    with pytest.raises(CommandError, match="no run is known that made it: --destroy removes it"):
        verify(verification(tmp_path, environment))
    assert stacks(environment) == ["verify-local"]


def test_the_settings_are_those_of_the_stack_and_what_a_verification_needs(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    committed = (ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8")
    stack = verification(tmp_path, environment).stack
    assert "websocket-sessions:alarms: false" in committed
    assert stack.name == "verify-local"
    assert stack.setting("alarms") is False
    assert stack.setting("deletionProtection") is False
    assert stack.setting("passwordSignIn") is True
    assert stack.setting("limits")["connectsPerMinute"] == 100_000


def test_a_local_aws_that_only_the_settings_name_is_not_taken_for_an_account(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    del environment["AWS_ENDPOINT_URL"]
    path = tmp_path / "report.json"
    with pytest.raises(CommandError, match="set AWS_ENDPOINT_URL to the same local AWS"):
        prepare("localstack", folder=tmp_path, path=path, sizes=QUICK, environment=environment)
    assert not prepare("prod", folder=tmp_path, path=path, sizes=QUICK, environment=environment).on_emulator


def test_production_is_verified_without_what_keeps_it_from_being_removed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    path = tmp_path / "report.json"
    run = prepare("prod", folder=tmp_path, path=path, sizes=QUICK, environment=environment)
    assert run.stack.setting("deletionProtection") is False
    assert run.stack.setting("tracing") is True
    assert "deletionProtection" in run.report.overrides


def test_the_region_and_the_profile_are_those_of_the_settings(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    given = tmp_path / "Pulumi.europe.yaml"
    given.write_text("config: {aws:region: eu-west-1, aws:profile: europe}")
    del environment["AWS_ENDPOINT_URL"]
    environment["PULUMI_OPTION_CONFIG_FILE"] = str(given)
    path = tmp_path / "report.json"
    run = prepare("europe", folder=tmp_path, path=path, sizes=QUICK, environment=environment)
    assert run.aws == {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "europe"}


def test_settings_that_another_stack_cannot_read_are_refused(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    given = tmp_path / "Pulumi.europe.yaml"
    given.write_text("config: {websocket-sessions:hookFunctionArn: {secure: v1:abc}}")
    environment["PULUMI_OPTION_CONFIG_FILE"] = str(given)
    path = tmp_path / "report.json"
    with pytest.raises(CommandError, match="encrypted value, websocket-sessions:hookFunctionArn"):
        prepare("europe", folder=tmp_path, path=path, sizes=QUICK, environment=environment)


def test_the_cost_is_about_a_dollar_and_needs_an_agreement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="add --yes"):
        agree(FULL, asks=True)
    agree(FULL, asks=False)
    shown = capsys.readouterr().out
    assert shown == f"{announcement(FULL)}\n" * 2
    total = float(announcement(FULL).partition("about ")[2].partition("about ")[2].partition(" USD")[0])
    assert 0.5 < total < 1.5


@pytest.mark.emulator
class TestSignals:
    """The command as a process of its own, ended in the middle of an update."""

    @pytest.fixture
    def command(self, environment: dict[str, str], emulator: MiniStack) -> dict[str, str]:
        Path(environment["FAKE_HANGING"]).touch()
        return {**os.environ, **environment, **emulator.environment, "PYTHONPATH": "components:emulator"}

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start the command in a session of its own, and wait until the update runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.commands.verify", "local", "--quick"],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        hanging = Path(environment["FAKE_HANGING"])
        assert wait_until(lambda: bool(hanging.read_text()) or process.poll() is not None, WAIT_SECONDS)
        assert process.poll() is None, process.communicate()[0]
        assert stacks(environment) == ["verify-local"]
        return process

    def report(self, environment: Mapping[str, str]) -> Report:
        loaded = Report.load(Path(environment["LOCAL_FOLDER"]) / "verify" / "local" / "report.json")
        assert loaded is not None
        return loaded

    @pytest.mark.parametrize(
        "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name
    )
    def test_a_signal_removes_the_stack(self, command: dict[str, str], number: signal.Signals) -> None:
        with self.start(command) as process:
            os.killpg(process.pid, number)
            process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode != 0
        assert stacks(command) == []
        assert self.report(command).done == ["credentials", "quotas", "preview", "destroy"]

    def test_after_a_kill_the_next_run_says_so_and_removes_the_stack(self, command: dict[str, str]) -> None:
        with self.start(command) as process:
            process.kill()
        assert stacks(command) == ["verify-local"]
        orphan = int(Path(command["FAKE_HANGING"]).read_text())
        os.kill(orphan, signal.SIGKILL)
        Path(command["FAKE_HANGING"]).write_text("")
        with self.start(command) as process:
            os.killpg(process.pid, signal.SIGTERM)
            output = process.communicate(timeout=WAIT_SECONDS)[0]
        assert "A run was killed and left the stack verify-local. Continuing with it at: up." in output
        assert stacks(command) == []
        assert not self.report(command).stack_exists

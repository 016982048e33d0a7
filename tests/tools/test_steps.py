"""Setup runs a step again only when what it is made from has changed."""

from pathlib import Path

import pytest

from pulumi_local_aws.errors import CommandError
from tools.dev_stack.stamped_step import Step, pending


def counted(tmp_path: Path, runs: list[str], *, fails: bool = False) -> Step:
    lock, made = tmp_path / "lock.txt", tmp_path / "made"

    def run() -> None:
        runs.append("run")
        if fails:
            raise CommandError("no network")
        made.touch()

    return Step(name="step", label="Step", inputs=(lock, "3.11"), outputs=(made,), run=run)


def test_an_unchanged_step_is_not_run_again(tmp_path: Path) -> None:
    runs: list[str] = []
    (tmp_path / "lock.txt").write_text("a==1")
    step = counted(tmp_path, runs)
    assert step.run_if_pending(tmp_path / "stamps")
    assert not step.run_if_pending(tmp_path / "stamps")
    assert runs == ["run"]


@pytest.mark.parametrize("change", ["input", "output"])
def test_a_changed_lock_file_or_a_lost_output_runs_it_again(tmp_path: Path, change: str) -> None:
    runs: list[str] = []
    (tmp_path / "lock.txt").write_text("a==1")
    step = counted(tmp_path, runs)
    step.run_if_pending(tmp_path / "stamps")
    if change == "input":
        (tmp_path / "lock.txt").write_text("a==2")
    else:
        (tmp_path / "made").unlink()
    assert pending([step], tmp_path / "stamps") == [step]


def test_a_failed_step_is_still_pending(tmp_path: Path) -> None:
    step = counted(tmp_path, [], fails=True)
    with pytest.raises(CommandError, match="no network"):
        step.run_if_pending(tmp_path / "stamps")
    assert pending([step], tmp_path / "stamps") == [step]

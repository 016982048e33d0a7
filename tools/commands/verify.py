"""`make verify STACK=dev`: the first hour in an AWS account, as one command with a report.

It deploys a stack of its own, `verify-<stack>`, with the settings of the stack, tries on it what only AWS
shows, and removes it. The stack itself is never touched. Each observation goes to a report as it is made; a
second run continues where the first one stopped. On the local stack (`source .local/env; make verify
STACK=local`), the report names what cannot be observed there.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.lock import exclusive
from tools.dev_stack.paths import ROOT, DevLayout
from tools.verify.command_runner import CommandRunner
from tools.verify.cost import announcement
from tools.verify.observations import Verdict
from tools.verify.report import Report
from tools.verify.runner import STEPS, remove_only, verify
from tools.verify.stack import OVERRIDES, VerifiedStack
from tools.verify.verification import FULL, QUICK, Sizes, Verification


def main() -> int:
    """Verify; return 1 if an observation differs from what was expected or a step failed."""
    parser = argparse.ArgumentParser(prog="make verify", description=__doc__)
    parser.add_argument("stack", help="the stack whose settings are verified")
    parser.add_argument("--report", type=Path, help="the report's JSON file; the Markdown is beside it")
    parser.add_argument("--yes", action="store_true", help="accept the cost without a question")
    parser.add_argument("--quick", action="store_true", help="few listeners and few tests")
    parser.add_argument("--restart", action="store_true", help="forget what an earlier run has seen")
    parser.add_argument("--destroy", action="store_true", help="only remove the stack of an earlier run")
    given = parser.parse_args()
    stack = str(given.stack)
    folder = DevLayout.of().local / "verify" / stack.replace("/", "-")
    with exclusive(folder / "lock", f"make verify STACK={stack}"):
        run = prepare(
            stack,
            folder=folder,
            path=given.report or folder / "report.json",
            sizes=QUICK if given.quick else FULL,
            environment=os.environ,
            restart=given.restart,
        )
        if given.destroy:
            remove_only(run)
            return 0
        if run.on_emulator:
            say(f"This shows the local AWS at {run.aws['AWS_ENDPOINT_URL']}, and costs nothing.")
        else:
            agree(run.sizes, asks=not given.yes)
        try:
            verify(run)
        finally:
            say(f"Observations: {run.report.totals()}. The report: {run.report.markdown}")
    incomplete = [step.name for step in STEPS if step.name not in run.report.done]
    if incomplete:
        say(f"Incomplete: {', '.join(incomplete)}. The next run repeats these steps.")
    return 1 if incomplete or run.report.count(Verdict.DIFFERS) else 0


def prepare(
    stack: str,
    *,
    folder: Path,
    path: Path,
    sizes: Sizes,
    environment: Mapping[str, str],
    restart: bool = False,
) -> Verification:
    """Return the verification of a stack with the report of an earlier run, if that run is incomplete."""
    report = Report.load(path)
    if report and not report.stack_exists and (restart or {step.name for step in STEPS} <= {*report.done}):
        report = None
    if report is None:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        report = Report(path=path, stack=stack, started=started)
    runner = CommandRunner(report, folder / "logs")
    verified = VerifiedStack(stack, project=ROOT, folder=folder, runner=runner, environment=environment)
    report.stack = verified.name
    report.overrides = {key: reason for key, (_, reason) in OVERRIDES.items()}
    return Verification(
        stack=verified,
        runner=runner,
        report=report,
        sizes=sizes,
        aws=aws_variables(verified, environment),
    )


def aws_variables(stack: VerifiedStack, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the AWS_* variables of boto3's clients.

    Raises CommandError if only the stack's settings lead to a local AWS.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if stack.config.get("aws:endpoints") and not endpoint:
        raise CommandError("the stack has aws:endpoints: set AWS_ENDPOINT_URL to the same local AWS.")
    given = {"AWS_REGION": stack.region, "AWS_PROFILE": stack.config.get("aws:profile")}
    found = {name: str(value) for name, value in given.items() if value}
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return found | {name: environment[name] for name in names if endpoint and name in environment}


def agree(sizes: Sizes, *, asks: bool) -> None:
    """Announce the cost, and ask. Raises CommandError without an agreement."""
    say(announcement(sizes))
    if not asks:
        return
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask in: add --yes to accept the cost.")
    if input("Continue? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise CommandError("nothing was deployed.")


if __name__ == "__main__":
    sys.exit(run_command("make verify", main))

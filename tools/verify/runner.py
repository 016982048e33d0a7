"""The steps of a verification in their order, and the rule that none of its ends leaves a stack behind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pulumi_local_aws.console import progress, say
from pulumi_local_aws.errors import CommandError
from tools.verify.account import credentials, quotas
from tools.verify.audience import bursts, listeners
from tools.verify.connecting import heartbeat, tokens
from tools.verify.deployment import destroy, preview, stages, unchanged, up
from tools.verify.frames import frames
from tools.verify.idle_pings import idle_pings
from tools.verify.live_tests import live_tests
from tools.verify.monitoring import alarms, dashboard
from tools.verify.observations import Expectation, Observation
from tools.verify.stopping import stopping
from tools.verify.verification import Verification


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: a function that yields what it sees."""

    name: str
    observe: Callable[[Verification], Iterator[Observation]]
    essential: bool = False
    """Whether nothing after it can be seen if it fails."""


UP = Step(name="up", observe=up, essential=True)
DESTROY = Step(name="destroy", observe=destroy)
STEPS = (
    Step(name="credentials", observe=credentials, essential=True),
    Step(name="quotas", observe=quotas),
    Step(name="preview", observe=preview, essential=True),
    UP,
    Step(name="second preview", observe=unchanged),
    Step(name="stages", observe=stages),
    Step(name="heartbeat", observe=heartbeat),
    Step(name="tokens", observe=tokens),
    Step(name="end-to-end tests", observe=live_tests),
    Step(name="listeners", observe=listeners),
    Step(name="frames", observe=frames),
    Step(name="join bursts", observe=bursts),
    Step(name="idle pings", observe=idle_pings),
    Step(name="dashboard", observe=dashboard),
    Step(name="alarms", observe=alarms),
    DESTROY,
)
"""All steps in their order. The stack exists from `preview` to `destroy`."""
DESTROY_ATTEMPTS = 3


def verify(run: Verification) -> None:
    """Perform the steps that are not done yet, and remove the stack in any case."""
    with stopping() as state:
        try:
            resume(run)
            for step in STEPS:
                if step is not DESTROY and step.name not in run.report.done:
                    perform(run, step)
        finally:
            state.remove_now()
            remove(run)


def remove(run: Verification) -> None:
    """Remove the stack if there is one. Raises CommandError if it still exists after some attempts."""
    if not run.report.stack_exists:
        return
    for _ in range(DESTROY_ATTEMPTS):
        perform(run, DESTROY)
        if not run.report.stack_exists:
            return
    raise CommandError(
        f"the stack {run.stack.name} still exists, and is billed: run the command again with --destroy."
    )


def remove_only(run: Verification) -> None:
    """Remove the stack of an earlier run, known to the report or not."""
    with stopping() as state:
        state.remove_now()
        run.runner.wait_for_orphan()
        run.stack.release()
        run.report.stack_exists = run.stack.exists()
        remove(run)


def resume(run: Verification) -> None:
    """Say where an earlier run stopped, and prepare to continue there."""
    report = run.report
    done = [step.name for step in STEPS if step.name in report.done]
    if not done:
        if run.stack.exists():
            raise CommandError(
                f"the stack {run.stack.name} exists, and no run is known that made it: --destroy removes it."
            )
        return
    pending = next(step.name for step in STEPS if step.name not in report.done)
    if report.stack_exists:
        say(f"A run was killed and left the stack {run.stack.name}. Continuing with it at: {pending}.")
        run.runner.wait_for_orphan()
        run.stack.release()
    else:
        say(f"An earlier run stopped and removed its stack. Deploying it again, then: {pending}.")
    if not report.stack_exists or not run.stack.exists():
        report.begin(UP.name)


def perform(run: Verification, step: Step) -> None:
    """Perform one step; record each observation at once, and an error as one.

    Raises what an essential step raises.
    """
    run.report.begin(step.name)
    try:
        with progress(step.name):
            for observation in step.observe(run):
                say(f"    {observation.verdict:<19}  {observation.subject}: {observation.seen}")
                run.report.add(step.name, observation)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
        say(f"  {step.name}: failed: {failure}")
        run.report.add(step.name, _completed(step).seen(failure, holds=False))
        if step.essential:
            raise
        return
    run.report.finish(step.name)


def _completed(step: Step) -> Expectation:
    return Expectation(
        subject=step.name,
        expected="the step completes",
        source=f"tools/verify: {step.observe.__name__}",
        consequence="Read the error and the logs beside this report. The next run repeats the step.",
    )

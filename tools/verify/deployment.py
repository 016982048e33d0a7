"""The deployment: a preview, an update, a preview without changes, the stages, and the removal."""

from collections import Counter
from collections.abc import Iterator
from time import monotonic

from tools.verify import leftovers
from tools.verify.observations import Expectation, Observation
from tools.verify.verification import Verification

PREVIEW = Expectation(
    subject="preview",
    expected="every resource of a new stack is created, none is changed",
    source="https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/",
    consequence="The stack is not new: another run left it. Run the command with --destroy first.",
)
UP = Expectation(
    subject="pulumi up",
    expected="all resources of the program are created",
    source="https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/",
    consequence="Read AWS's message in the logs beside this report, and correct the resource's arguments.",
)
UNCHANGED = Expectation(
    subject="second preview",
    expected="no changes",
    source="https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/ (--expect-no-changes)",
    consequence="AWS returns a property in another form than the program states it: state it in that form.",
)
UNDRIFTED = Expectation(
    subject="preview with refresh",
    expected="no changes after the resources were read from AWS again",
    source="https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/ (--refresh)",
    consequence="AWS changed or filled in a property: state it in the program, in AWS's form.",
)
REMOVED = Expectation(
    subject="pulumi destroy",
    expected="every resource is deleted and the stack removed",
    source="https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/",
    consequence="Delete the named resources by hand: they are billed.",
)
NOTHING_LEFT = Expectation(
    subject="resources by name",
    expected="AWS lists no resource that the stack had",
    source="tools/verify/inventory.py: the services' own lists",
    consequence="Delete what is listed by hand, and find out what keeps or recreates it.",
)
NO_TAG_LEFT = Expectation(
    subject="resources by tag",
    expected="AWS lists no resource with the stack's tags Project and Stack",
    source="https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html",
    consequence="Delete what is listed by hand: it is not in the state, so Pulumi does not know of it.",
)
SUCCESS = "Successfully deployed"


def preview(run: Verification) -> Iterator[Observation]:
    """Create the empty stack, and preview its first update."""
    run.report.stack_exists = True
    run.report.write()
    run.stack.create()
    planned = run.stack.plan()
    yield PREVIEW.seen(_counts(planned), holds=set(planned) == {"create"})


def up(run: Verification) -> Iterator[Observation]:
    """Deploy the stack, and create it first if an earlier run removed it."""
    run.report.stack_exists = True
    run.report.write()
    run.stack.create()
    started = monotonic()
    run.stack.up()
    duration = monotonic() - started
    kinds = Counter(str(one["type"]).partition(":")[0] for one in run.stack.resources())
    yield UP.seen(f"{kinds['aws']} resources of AWS in {duration:.0f} s", holds=kinds["aws"] > 0)


def unchanged(run: Verification) -> Iterator[Observation]:
    """Preview again, from the state and then from what AWS says."""
    for expectation, options in ((UNCHANGED, ()), (UNDRIFTED, ("--refresh",))):
        planned = run.stack.plan(*options)
        yield expectation.seen(_counts(planned), holds=set(planned) == {"same"})


def stages(run: Verification) -> Iterator[Observation]:
    """Read how the last deployment of each API's stage ended."""
    for name in ("webSocketApiId", "httpApiId"):
        expectation = Expectation(
            subject=f"stage of {name}",
            expected=f"its last deployment: {SUCCESS}",
            source="https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html",
            consequence="The stage serves an older API: correct the route or integration that AWS names.",
        )
        stage = run.client("apigatewayv2").get_stage(
            ApiId=run.outputs[name], StageName=run.outputs["stageName"]
        )
        status = str(stage.get("LastDeploymentStatusMessage", ""))
        if run.on_emulator and not status:
            yield expectation.unseen("a local AWS does not report the status of a deployment")
        else:
            yield expectation.seen(status or "no status", holds=status.startswith(SUCCESS))


def destroy(run: Verification) -> Iterator[Observation]:
    """Remove the stack, then look for what is left of it."""
    if not run.stack.exists():
        run.report.stack_exists = False
        yield REMOVED.seen("there was no stack", holds=True)
        return
    resources = run.stack.resources()
    run.stack.destroy()
    run.report.stack_exists = False
    run.report.write()
    kinds = Counter(str(one["type"]).partition(":")[0] for one in resources)
    yield REMOVED.seen(f"{kinds['aws']} resources of AWS deleted", holds=True)
    found = leftovers.by_name(run, resources)
    yield NOTHING_LEFT.seen("; ".join(found) or "none", holds=not found)
    found = leftovers.by_tag(run)
    yield NO_TAG_LEFT.seen("; ".join(found) or "none", holds=not found)


def _counts(planned: dict[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in sorted(planned.items())) or "nothing"

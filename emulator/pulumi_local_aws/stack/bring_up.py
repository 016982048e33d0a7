"""Brings a project's local stack up: what it needs, the services, the deployment, and the files it leaves."""

import json
import shlex
from concurrent.futures import ThreadPoolExecutor

from pulumi_local_aws.console import progress, say
from pulumi_local_aws.engine_build import ensure_cli
from pulumi_local_aws.errors import CommandError
from pulumi_local_aws.files import private_folder, write_secret
from pulumi_local_aws.ministack_venv import ensure_ministack
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import Outputs, ProgramStack

PROBE_BYTES = 32 << 20
"""What must fit in the state folder before anything is started: some updates' worth of state and logs.
An engine that cannot write its state retries for five minutes before it fails."""


def install() -> None:
    """Make sure of what all projects share: the Pulumi CLI and MiniStack.

    Raises EngineUnavailable without a CLI and without a way to build it.
    """
    with ThreadPoolExecutor() as workers:
        running = [workers.submit(step) for step in (ensure_ministack, lambda: ensure_cli(say))]
    for step in running:
        step.result()


def bring_up(layout: Layout, stack: ProgramStack) -> Outputs:
    """Start what is not running, drop an outdated state, deploy, and return the outputs."""
    probe(layout)
    install()
    if not stack.project.is_installed():
        with progress("Installing the program's packages (pulumi install)"):
            stack.install()
    if stack.was_interrupted():
        say("The last update was interrupted. Deploying the stack again on an empty local AWS.")
        services.stop_all(layout)
        stack.forget()
    start_emulator(layout, stack)
    stack.prepare()
    services.start_gateway(layout, stack)
    if not services.is_same_instance(layout, stack):
        services.mark_instance(layout, stack)
    with progress(f"Deploying the stack `{stack.name}` (pulumi up)"):
        changes = deploy(layout, stack)
    say(f"  Resources: {changes}")
    outputs = stack.outputs()
    write_files(layout, stack, outputs)
    return outputs


def deploy(layout: Layout, stack: ProgramStack) -> str:
    """Run `pulumi up`; return its summary. Raises CommandError with the engine's diagnostics."""
    # A refresh doubles the time, so it runs only if something may have drifted.
    options = ["--refresh"] if layout.code_changed.exists() else []
    try:
        changes = stack.up(*options)
    except CommandError as error:
        if services.running(layout) is None:
            log = layout.logs / "emulator.log"
            raise CommandError(
                f"the local AWS died during the update: run the command again (its log: {log})."
            ) from error
        raise
    layout.code_changed.unlink(missing_ok=True)
    return changes


def start_emulator(layout: Layout, stack: ProgramStack) -> None:
    """Make sure that the emulator runs and holds exactly the resources in the Pulumi state."""
    empty = services.start_emulator(layout, stack.keys)
    if not empty and not services.is_same_instance(layout, stack):
        say("The local AWS contains resources that are missing from the Pulumi state. Restarting it.")
        services.stop_all(layout)
        empty = services.start_emulator(layout, stack.keys)
    if empty and stack.exists():
        say("The local AWS was restarted and is empty. Deploying the stack again.")
        stack.forget()


def probe(layout: Layout) -> None:
    """Raise OSError before anything is started if the state folder cannot be written."""
    private_folder(layout.local)
    private_folder(layout.state)
    scratch = layout.state / ".probe"
    try:
        scratch.write_bytes(bytes(PROBE_BYTES))
    except OSError as error:
        error.filename = error.filename or str(layout.state)  # a write that fails names no file
        raise
    finally:
        scratch.unlink(missing_ok=True)


def write_files(layout: Layout, stack: ProgramStack, outputs: Outputs) -> None:
    """Write the outputs and the variables of the local stack where people and tests find them."""
    write_secret(layout.outputs, json.dumps(outputs, indent=2) + "\n")
    variables = stack.aws_environment() | stack.pulumi_environment()
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f"export PATH={shlex.quote(str(layout.bin))}:$PATH")
    write_secret(layout.env, "\n".join(lines) + "\n")


def load_outputs(layout: Layout) -> Outputs:
    """Return the outputs of the running stack. Raises CommandError if it is not up."""
    if not layout.outputs.is_file() or services.running(layout) is None:
        raise CommandError("the local stack is not up: run `local-aws up` first.")
    return json.loads(layout.outputs.read_text(encoding="utf-8"))

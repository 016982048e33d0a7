"""`make up`: the local AWS, the stack `local` on it, the demo user and the pages; safe to run again."""

import json
import shlex
import sys

from pulumi_local_aws.errors import EmulatorError
from tools.dev_stack import local_aws, pages
from tools.dev_stack.console import CommandError, progress, run_command, say
from tools.dev_stack.demo_user import create_demo_user
from tools.dev_stack.hot_reload import BEHIND_THE_ENGINE
from tools.dev_stack.lock import exclusive
from tools.dev_stack.paths import Layout
from tools.dev_stack.stack import DevStack, Outputs, write_secret

PROBE_BYTES = 32 << 20
"""What must fit in the state folder before anything is started: some updates' worth of state and logs.
An engine that cannot write its state retries for five minutes before it fails."""


def main() -> int:
    """Bring everything up and say what to do next."""
    layout = Layout.default()
    probe(layout)
    with exclusive(layout.run / "lock", "make up"):
        stack = DevStack(layout, local_aws.load_keys(layout))
        try:
            outputs = bring_up(layout, stack)
        except EmulatorError as error:
            raise CommandError(str(error)) from error
        user = create_demo_user(stack, outputs["frontendConfig"]["userPoolId"])
        write_files(layout, stack, outputs)
        site = pages.serve(layout, outputs)
    say(report(outputs, user, site))
    return 0


def bring_up(layout: Layout, stack: DevStack) -> Outputs:
    """Start what is not running, drop an outdated state, deploy, and return the outputs."""
    if stack.was_interrupted():
        say("The last update was interrupted. Deploying the stack again on an empty local AWS.")
        local_aws.stop_all(layout)
        stack.forget()
    start_emulator(layout, stack)
    stack.prepare()
    local_aws.start_gateway(layout, stack)
    if not local_aws.is_same_instance(layout, stack):
        local_aws.mark_instance(layout, stack)
    with progress("Deploying the stack `local` (pulumi up)"):
        try:
            # A refresh doubles the time, so it runs only if something may have drifted.
            changed = layout.local / BEHIND_THE_ENGINE
            changes = stack.up(*(["--refresh"] if changed.exists() else []))
            changed.unlink(missing_ok=True)
        except CommandError as error:
            if local_aws.running(layout) is None:
                died = "the local AWS died during the update: run `make up` again"
                raise CommandError(f"{died} (its log: {layout.logs / 'emulator.log'}).") from error
            raise
    say(f"  Resources: {changes}")
    return stack.outputs()


def start_emulator(layout: Layout, stack: DevStack) -> None:
    """Make sure that the emulator runs and holds exactly the resources in the Pulumi state."""
    empty = local_aws.start_emulator(layout, stack.keys)
    if not empty and not local_aws.is_same_instance(layout, stack):
        say("The local AWS contains resources that are missing from the Pulumi state. Restarting it.")
        local_aws.stop_all(layout)
        empty = local_aws.start_emulator(layout, stack.keys)
    if empty and stack.exists():
        say("The local AWS was restarted and is empty. Deploying the stack again.")
        stack.forget()


def probe(layout: Layout) -> None:
    """Raise OSError before anything is started where the state folder cannot be written."""
    layout.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = layout.state / ".probe"
    try:
        scratch.write_bytes(bytes(PROBE_BYTES))
    except OSError as error:
        error.filename = error.filename or str(layout.state)  # a write that fails names no file
        raise
    finally:
        scratch.unlink(missing_ok=True)


def write_files(layout: Layout, stack: DevStack, outputs: Outputs) -> None:
    """Leave the outputs and the emulator's settings where people and tests find them."""
    write_secret(layout.local / "outputs.json", json.dumps(outputs, indent=2) + "\n")
    variables = stack.aws_environment() | stack.pulumi_environment()
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f"export PATH={shlex.quote(str(layout.bin))}:$PATH")
    write_secret(layout.local / "env", "\n".join(lines) + "\n")


def report(outputs: Outputs, user: tuple[str, str], site: str) -> str:
    """Say what is there now and what to do with it."""
    config: dict[str, str | list[str]] = outputs["frontendConfig"]
    shown = "\n".join(f"  {name:<18} {_in_words(value)}" for name, value in config.items())
    return f"""
The local stack is up.
{shown}
  {"pages":<18} {site}
  {"demo user":<18} {user[0]}  password {user[1]}

Next:
  make demo                 a speaker and two listeners in this terminal
  make watch                deploys edits to functions/ at once, shows the logs here
  source .local/env         then `aws` and `pulumi stack output frontendConfig --json` work on this stack
  make down                 stops everything and deletes the local data"""


def _in_words(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


if __name__ == "__main__":
    sys.exit(run_command("make up", main))

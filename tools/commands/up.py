"""`make up`: `local-aws up` for this project, with the demo user and the pages; safe to run again."""

import sys

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack.bring_up import bring_up, probe
from pulumi_local_aws.stack.program_stack import Outputs
from tools.dev_stack import pages
from tools.dev_stack.demo_user import create_demo_user
from tools.dev_stack.dev_stack import DevStack
from tools.dev_stack.paths import DevLayout


def main() -> int:
    """Bring everything up and print what to do next."""
    layout = DevLayout.of()
    probe(layout)
    with exclusive(layout.lock, "make up"):
        stack = DevStack(layout)
        outputs = bring_up(layout, stack)
        user = create_demo_user(stack, outputs["frontendConfig"]["userPoolId"])
        site = pages.serve(layout, outputs)
    say(report(outputs, user, site, inspector=layout.inspector_url, emails=layout.emails_url))
    return 0


def report(outputs: Outputs, user: tuple[str, str], site: str, *, inspector: str, emails: str) -> str:
    """Return what runs now and what to do next."""
    config: dict[str, str | bool | list[str]] = outputs["frontendConfig"]
    shown = "\n".join(f"  {name:<18} {_in_words(value)}" for name, value in config.items())
    return f"""
The local stack is up.
{shown}
  {"pages":<18} {site}
  {"inspector":<18} {inspector}
  {"e-mails":<18} {emails}
  {"demo user":<18} {user[0]}  password {user[1]}

Next:
  make demo                 a speaker and two listeners in this terminal
  make watch                deploys edits to functions/ at once, shows the logs here
  source .local/env         then `aws` and `pulumi stack output frontendConfig --json` work on this stack
  make down                 stops everything and deletes the local data"""


def _in_words(value: str | bool | list[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else " ".join(value)


if __name__ == "__main__":
    sys.exit(run_command("make up", main))

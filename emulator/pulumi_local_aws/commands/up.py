"""`local-aws up`: starts the local AWS and deploys the program on it; a second run changes nothing."""

import json

from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.console import say
from pulumi_local_aws.lock import exclusive
from pulumi_local_aws.stack.bring_up import bring_up
from pulumi_local_aws.stack.layout import Layout
from pulumi_local_aws.stack.program_stack import Outputs


def main(argv: list[str]) -> int:
    """Bring the stack up and print its addresses and outputs."""
    options = parser("up", "Start the local AWS and deploy the Pulumi program on it.")
    options.add_argument(
        "--official-plugin", action="store_true", help="deploy by the installed pulumi-aws plugin"
    )
    arguments = options.parse_args(argv)
    context = Context.of(arguments.cwd)
    with exclusive(context.layout.lock, "local-aws up"):
        outputs = bring_up(context.layout, context.stack(official=arguments.official_plugin))
    say(report(context.layout, outputs))
    return 0


def report(layout: Layout, outputs: Outputs) -> str:
    """Return what runs now and what to do next."""
    width = max([len(name) for name in outputs], default=0)
    shown = "\n".join(f"  {name:<{width}}  {_text(value)}" for name, value in outputs.items())
    return f"""
The local stack is up: AWS at {layout.emulator_url}, WebSockets at {layout.websocket_url}.
{shown or "  The program has no outputs."}

  {layout.inspector_url}    shows the WebSocket traffic in a browser
  source {layout.env}    lets `aws` and `pulumi` work on this stack
  local-aws watch       deploys again after each change
  local-aws down        stops everything and removes what `up` made"""


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)

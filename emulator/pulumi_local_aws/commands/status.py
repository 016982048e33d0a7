"""`local-aws status`: shows what runs, and the outputs; exit status 1 if the stack is not up."""

from pulumi_local_aws.commands.context import Context, parser
from pulumi_local_aws.commands.up import report
from pulumi_local_aws.console import say
from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.background import Record
from pulumi_local_aws.stack.bring_up import load_outputs


def main(argv: list[str]) -> int:
    """Print one line a process, and the outputs."""
    arguments = parser("status", "Show what runs, and the outputs.").parse_args(argv)
    layout = Context.of(arguments.cwd).layout
    for name in services.PROCESSES:
        record = Record.load(layout.run, name)
        say(f"{name:10} " + (f"pid {record.pid}, port {record.port}" if record else "not running"))
    if services.running(layout) is None or not layout.outputs.is_file():
        return 1
    say(report(layout, load_outputs(layout)))
    return 0

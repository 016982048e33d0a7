"""Deploys a former release, upgrades it to this checkout with a live session, and rolls it back."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from pulumi_local_aws.console import run_command, say
from pulumi_local_aws.stack.bring_up import bring_up
from tools.dev_stack.dev_stack import DevStack, stop_all
from tools.dev_stack.paths import ROOT
from tools.dev_stack.throwaway_stack import layout_in
from tools.upgrade.observe import Observation
from tools.upgrade.releases import use_checkout, use_commit


class ReleaseStack(DevStack):
    """A stack whose program imports the components of its own folder, not those of this checkout."""

    def pulumi_environment(self) -> dict[str, str]:
        """Return also where the program finds its components."""
        return super().pulumi_environment() | {"PYTHONPATH": str(self.layout.root / "components")}


def main() -> int:
    """Return 1 if a client lost or doubled a message, or could not do what it should."""
    arguments = argparse.ArgumentParser(prog="make upgrade-test", description=__doc__)
    arguments.add_argument("commit", help="the commit of the former release")
    commit = str(arguments.parse_args().commit)
    with tempfile.TemporaryDirectory(prefix="websocket-sessions-") as folder:
        former = Path(folder) / "former"
        former.mkdir()
        use_commit(former, commit)
        layout = layout_in(Path(folder) / "stack")
        use_commit(layout.root, commit)
        stack = ReleaseStack(layout)

        def deploy_checkout() -> str:
            use_checkout(layout.root)
            return stack.up()

        def deploy_former() -> str:
            use_commit(layout.root, commit)
            return stack.up()

        try:
            outputs = bring_up(layout, stack)
            observation = Observation(
                config=outputs["frontendConfig"],
                libraries={commit: former / "components", "this checkout": ROOT / "components"},
                say=say,
            )
            steps = (("upgrade", deploy_checkout), ("roll-back", deploy_former))
            asyncio.run(observation.run(steps, stack.aws_environment()))
        finally:
            stop_all(layout)
    for failure in observation.failures:
        say(f"FAILED {failure}")
    return 1 if observation.failures else 0


if __name__ == "__main__":
    sys.exit(run_command("make upgrade-test", main))

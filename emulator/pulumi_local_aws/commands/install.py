"""`local-aws install`: gets what all projects share, MiniStack and the Pulumi CLI, before the first `up`."""

import argparse

from pulumi_local_aws.stack.bring_up import install


def main(argv: list[str]) -> int:
    """Install what is missing; nothing happens if everything is there."""
    argparse.ArgumentParser(prog="local-aws install", description=__doc__).parse_args(argv)
    install()
    return 0

"""The page of `local-aws`: its commands, and what its provider supports."""

from collections.abc import Iterable
from itertools import groupby

from pulumi_local_aws.__main__ import COMMANDS
from pulumi_local_aws.launchers import TESTED_VERSION
from pulumi_local_aws.provider.registry import function_tokens, tokens
from tools.reference.markdown import code, table


def page() -> str:
    """Return the page."""
    commands = [(code(f"local-aws {name}"), about) for name, about in COMMANDS.items()]
    return f"""# local-aws

[The guide](../local-aws.md) describes how to use it.

## Commands

`local-aws COMMAND -h` lists the options of a command.

{table(("command", "what it does"), commands)}
## Resource types

The provider supports these {len(tokens())} resource types of pulumi-aws {TESTED_VERSION}. Any other type, and
an unsupported property of one of these, is an error that names it.

{_by_module(tokens())}
## Functions

{_by_module(function_tokens())}"""


def _by_module(names: Iterable[str]) -> str:
    """Return the types by their module, from tokens such as `aws:sqs/queue:Queue`."""
    pairs = sorted((token.split(":")[1].partition("/")[0], token.rpartition(":")[2]) for token in names)
    rows = [
        (code(module), ", ".join(code(name) for _, name in members))
        for module, members in groupby(pairs, key=lambda pair: pair[0])
    ]
    return table(("module", "names"), rows)

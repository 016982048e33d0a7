"""`python -m websocket_sessions.operator`: ends sessions and users, and deletes superseded versions."""

import argparse
import json
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from websocket_sessions.operator.revocation import OperatorError, Revocation, Stack
from websocket_sessions.operator.versions import prune_versions

NOTHING_DONE = {"prune-versions": "No version was superseded."}


def main(argv: list[str]) -> int:
    """Run one command and print the sessions that it ended or the versions that it deleted.

    Return the exit status.
    """
    arguments = _parser().parse_args(argv)
    try:
        outputs = json.loads(_read(arguments.outputs))
        stack = Stack.from_outputs(outputs)
        done = _run(arguments, stack)
    except (OperatorError, OSError, ValueError) as error:
        print(f"websocket_sessions.operator: {error}", file=sys.stderr)
        return 1
    print("\n".join(done) if done else NOTHING_DONE.get(arguments.command, "No session was live."))
    return 0


def _run(arguments: argparse.Namespace, stack: Stack) -> list[str]:
    client = _clients(stack)
    if arguments.command == "prune-versions":
        return prune_versions(client("lambda"), stack.functions)
    revocation = Revocation(stack, client)
    if arguments.command == "end-session":
        return revocation.end_session(arguments.session)
    if arguments.command == "end-user":
        return revocation.end_user(arguments.username)
    return revocation.end_sessions(arguments.subject or revocation.subject_of(arguments.username))


def _read(path: str) -> str:
    return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")


def _clients(stack: Stack) -> Any:
    try:
        boto3: Any = import_module("boto3")
    except ImportError as error:
        raise OperatorError("boto3 is missing: pip install 'websocket-sessions[operator]'.") from error
    return partial(boto3.client, region_name=stack.region)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m websocket_sessions.operator", description=__doc__)
    parser.add_argument(
        "--outputs", default="-", help="a file with `pulumi stack output --json`; by default standard input"
    )
    commands = parser.add_subparsers(required=True, dest="command", metavar="command")
    session = commands.add_parser("end-session", help="end one session")
    session.add_argument("session", help="its id, such as caring-king-275")
    sessions = commands.add_parser("end-sessions", help="end all sessions of a user, who may start new ones")
    owner = sessions.add_mutually_exclusive_group(required=True)
    owner.add_argument("--username", help="the user's name in the stack's user pool")
    owner.add_argument("--subject", help="the `sub` of the user's tokens, for any issuer")
    user = commands.add_parser(
        "end-user", help="disable a user, expire the tokens of open connections, and end the user's sessions"
    )
    user.add_argument("username", help="the user's name in the stack's user pool")
    commands.add_parser(
        "prune-versions", help="delete the versions of functions that a deployment with SnapStart superseded"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

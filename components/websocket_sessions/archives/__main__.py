"""`python -m websocket_sessions.archives build`: writes the functions' archives into a folder."""

import argparse
import shutil
import sys
from pathlib import Path

from websocket_sessions.archives.defaults import default_archives
from websocket_sessions.archives.errors import ArchiveError
from websocket_sessions.archives.sources import FunctionSources
from websocket_sessions.archives.target import DEFAULT_ARCHITECTURE, DEFAULT_RUNTIME, Target


def main(argv: list[str]) -> int:
    """Write the archives and print their paths; return the exit status."""
    arguments = _parser().parse_args(argv)
    output = Path(arguments.output)
    try:
        built = default_archives(
            arguments.handler or FunctionSources.find().handlers(),
            Target.resolve(arguments.runtime, arguments.architecture),
            with_bytecode=arguments.bytecode,
        )
    except ArchiveError as error:
        print(f"websocket_sessions.archives: {error}", file=sys.stderr)
        return 1
    output.mkdir(parents=True, exist_ok=True)
    for archive in built.values():
        print(shutil.copyfile(archive, output / archive.name))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m websocket_sessions.archives")
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser(
        "build",
        help="write one archive a handler, with the handler's name",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    command.add_argument("--runtime", default=DEFAULT_RUNTIME, help="Lambda runtime")
    command.add_argument("--architecture", default=DEFAULT_ARCHITECTURE, help="arm64 or x86_64")
    command.add_argument(
        "--bytecode",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="compile the sources, which needs an interpreter of the runtime's version",
    )
    command.add_argument("--output", default="archives", help="folder to write to")
    command.add_argument("--handler", action="append", metavar="NAME", help="only this one; may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

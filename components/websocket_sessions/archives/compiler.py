"""Runs in the target's interpreter: compiles the (source, name in tracebacks, output) triples on stdin."""

import importlib.util
import json
import marshal
import os
import sys
from pathlib import Path

UNCHECKED_HASH = (1).to_bytes(4, "little")
MARSHAL_VERSION = 2
"""From version 3 on, marshal writes references by how often an object happens to be in use: the bytes then
depend on what else the process has compiled."""


def compile_file(source: Path, name: str, output: Path) -> None:
    """Write one source's bytecode, complete or not at all."""
    text = source.read_bytes()
    code = compile(text, name, "exec", dont_inherit=True, optimize=0)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(text)
    output.parent.mkdir(parents=True, exist_ok=True)
    scratch = output.with_name(f"{output.name}.{os.getpid()}")
    scratch.write_bytes(header + marshal.dumps(code, MARSHAL_VERSION))
    scratch.replace(output)


if __name__ == "__main__":
    for job in json.load(sys.stdin):
        compile_file(Path(job[0]), job[1], Path(job[2]))

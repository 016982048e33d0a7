"""Imports handlers from their archives before they go live; runs on the emulator's interpreter.

Reads one JSON request a line, {"archive", "module", "environment"}, and answers each with one JSON line: the
error's last lines, or null. Standard library alone, but for boto3, which the Lambda runtime brings: it is
imported once, and each request is answered by a fork, so that an answer takes milliseconds.
"""

import json
import os
import sys
import tempfile
import traceback
import zipfile

TRACEBACK_LINES = 6


def check(archive: str, module: str, environment: dict[str, str]) -> str | None:
    """Import `module` from the archive in a forked process; what went wrong, or None."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        error = import_from(archive, module, environment)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(error)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        error = pipe.read()
    os.waitpid(child, 0)
    return error or None


def import_from(archive: str, module: str, environment: dict[str, str]) -> str:
    """Import `module` with the archive alone before the interpreter's own packages; the error's text."""
    os.environ.update(environment)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)
        sys.path.insert(0, folder)
        try:
            __import__(module)
        except BaseException:
            lines = traceback.format_exc().replace(f"{folder}/", "").splitlines()
            return "\n".join(lines[-TRACEBACK_LINES:])
    return ""


def main() -> None:
    """Answer requests until standard input ends."""
    __import__("boto3")
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(check(request["archive"], request["module"], request["environment"])), flush=True)


if __name__ == "__main__":
    main()

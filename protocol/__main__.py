"""`python -m protocol` writes all that is generated from the schema; with `--check` it only compares."""

from __future__ import annotations

import argparse
import sys

from protocol.artefacts import artefacts, drifted
from protocol.source import ROOT


def main() -> int:
    """Write or compare; the exit code is 1 where a generated file differs from the schema."""
    parser = argparse.ArgumentParser(prog="python -m protocol", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a file differs")
    if parser.parse_args().check:
        stale = drifted()
        for path in stale:
            sys.stderr.write(
                f"{path.relative_to(ROOT)} differs from protocol/schema.json: run python -m protocol\n"
            )
        return 1 if stale else 0
    for path, text in artefacts().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Generate all files that depend on protocol/schema.json; with `--check`, only compare them."""

from __future__ import annotations

import argparse
import sys

from protocol.generated_files import generated_files, stale_files
from protocol.schema import ROOT


def main() -> int:
    """Write or compare the generated files; return 1 if `--check` finds a stale file."""
    parser = argparse.ArgumentParser(prog="python -m protocol", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    if parser.parse_args().check:
        stale = stale_files()
        for path in stale:
            sys.stderr.write(
                f"{path.relative_to(ROOT)} differs from protocol/schema.json: run python -m protocol\n"
            )
        return 1 if stale else 0
    for path, content in generated_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

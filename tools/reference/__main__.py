"""Generate docs/reference/ from docstrings and signatures; with `--check`, only compare it."""

import argparse
import sys

from tools.reference.generated_pages import REFERENCE, generated_pages, stale_pages


def main() -> int:
    """Write or compare the pages; return 1 if `--check` finds a stale page."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    if parser.parse_args().check:
        stale = stale_pages()
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is stale: run python -m tools.reference\n")
        return 1 if stale else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, content in generated_pages().items():
        (REFERENCE / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

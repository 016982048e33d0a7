"""Lists the generated pages of docs/reference/, and finds the stale ones."""

from tools.dev_stack.paths import ROOT
from tools.reference import components, environment, local_aws, settings

REFERENCE = ROOT / "docs" / "reference"


def generated_pages() -> dict[str, str]:
    """Return the name of each page with its content."""
    pages = {
        **components.pages(),
        "settings.md": settings.page(),
        "environment.md": environment.page(),
        "local-aws.md": local_aws.page(),
    }
    return {"README.md": _index(), **pages}


def stale_pages() -> list[str]:
    """Return the pages that are missing, differ from their source, or have no source any more."""
    pages = generated_pages()
    written = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    return sorted({*written, *pages} - {name for name in pages if written.get(name) == pages[name]})


def _index() -> str:
    return f"""# Reference

`python -m tools.reference` generates these pages from the docstrings and signatures of the sources.
`make check` fails if a page is stale.

## Components

{components.index()}
[Types](types.md) lists the types that the arguments use.

## Settings and commands

| page | content |
| --- | --- |
| [Settings](settings.md) | the keys of the stack's config, and the settings of `SessionBackend` |
| [Environment variables](environment.md) | what the package, the local AWS and the tests read |
| [local-aws](local-aws.md) | the commands of `local-aws`, and the supported resource types and functions |
"""

"""`make docs`: builds a site of all pages; a link to a missing page or heading fails."""

import shutil
import sys
from pathlib import Path

from pulumi_local_aws.console import run_command, run_logged, say
from tools.dev_stack.paths import ROOT, DevLayout
from tools.documentation.pages import links, pages

STYLE = ROOT / "docs" / "site.css"
FOLDER = ROOT / ".local" / "docs"
"""What zensical.toml names as the folder of the pages and of the site."""


def main() -> int:
    """Build the site and print its address."""
    copy_pages(FOLDER / "pages")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    run_logged(command, log=DevLayout.of().logs / "docs.log", cwd=ROOT)
    say(f"The site is in {FOLDER / 'site'}: open {(FOLDER / 'site' / 'index.html').as_uri()}")
    return 0


def copy_pages(folder: Path) -> None:
    """Copy the pages, and the files that they link to, to where the generator expects them."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = pages()
    linked = {link.file for page in sources for link in links(page)}
    for source in {*sources, STYLE, *(file for file in linked if file.is_file())}:
        target = folder / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(run_command("make docs", main))

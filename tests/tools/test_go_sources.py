"""The check of the Go sources finds what is not formatted and what is suspicious."""

from pathlib import Path

import pytest

from tools.commands.checks import checks
from tools.commands.go_sources import go_is_there, modules, problems

pytestmark = pytest.mark.skipif(not go_is_there(), reason="there is no Go here")
GOOD = """package main

import "fmt"

func main() {
\tfmt.Printf("%d\\n", 1)
}
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (GOOD, None),
        (GOOD.replace("\t", "  "), "gofmt -w these files of module:\nmain.go"),
        (GOOD.replace("1)", '"one")'), "Printf format %d has arg"),
        (GOOD.replace("}", ""), "expected '}'"),
    ],
    ids=["good", "unformatted", "suspicious", "broken"],
)
def test_a_module_is_checked(source: str, said: str | None, tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example\n\ngo 1.21\n")
    (module / "main.go").write_text(source)
    found = "\n".join(problems(module))
    assert said in found if said else found == ""


def test_the_checks_have_the_modules_with_sources() -> None:
    assert [module.name for module in modules()] == ["cli_module"]
    assert "go" in {check.name for check in checks()}

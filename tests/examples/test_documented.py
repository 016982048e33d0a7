"""README shows the examples as they are."""

from pathlib import Path

import pytest

from tests.support.wheels import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", ["echo", "sessions"])
def test_the_readme_shows_the_program_of_an_example(example: str) -> None:
    program = (REPOSITORY / "examples" / example / "__main__.py").read_text(encoding="utf-8")
    shown = program.split('"""\n\n', 1)[1]
    assert f"```python\n{shown}```\n" in README


def test_the_readme_shows_the_function_of_the_echo() -> None:
    function = (REPOSITORY / "examples" / "echo" / "app" / "app.py").read_text(encoding="utf-8")
    assert f"```python\n{function}```\n" in README


def test_an_echo_is_at_most_eight_lines_of_python() -> None:
    echo = REPOSITORY / "examples" / "echo"
    lines = [line for path in echo.rglob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith('"""')]) <= 8


def test_the_readme_lists_each_example() -> None:
    examples = {path.parent.name for path in Path(REPOSITORY / "examples").glob("*/__main__.py")}
    assert examples == {
        name for name in examples if f"[`examples/{name}`](examples/{name}/__main__.py)" in README
    }

"""README shows the examples as they are."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("example", ["echo", "sessions"])
def test_the_readme_shows_the_program_of_an_example(example: str) -> None:
    program = (REPOSITORY / "examples" / example / "__main__.py").read_text(encoding="utf-8")
    shown = program.split('"""\n\n', 1)[1]
    assert f"```python\n{shown}```\n" in (REPOSITORY / "README.md").read_text(encoding="utf-8")

"""What checking a message costs: in the cold start (importing) and in each call.

Each way is imported in a fresh interpreter, and the CPU time is what
the import adds to an interpreter that has loaded `json`, `re` and `typing` (the handlers need them anyhow).
Beside the validators in use stand the code that fastjsonschema generates from the same schema, `jsonschema`
itself, and pydantic with one model; each checks the same joinSession message.
Run: python -m benchmarks.validation
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import fastjsonschema

from benchmarks.report import Report, Table
from protocol.schema import ROOT, SCHEMA_PATH

MESSAGE = {
    "action": "joinSession",
    "requestId": "r-1",
    "sessionId": "caring-king-275",
    "targetLanguage": "es",
    "epoch": "5f0c9a1e",
    "offset": 12,
}
RUNS = 15
CALLS = 20_000

_PROBE = """
import json, re, sys, time, typing
sys.path[:0] = {path!r}
start = time.process_time()
{setup}
imported = time.process_time() - start
message = json.loads({message!r})
check(message)
start = time.process_time()
for _ in range({calls}):
    check(message)
print(imported * 1e6, (time.process_time() - start) / {calls} * 1e6)
"""

_PYDANTIC = """
from typing import Literal
from pydantic import BaseModel, ConfigDict, Field
class JoinSession(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    action: Literal["joinSession"]
    requestId: str | None = Field(None, min_length=1, max_length=64)
    sessionId: str = Field(max_length=64, pattern="^[a-z]+-[a-z]+-[1-9][0-9]{2}$")
    targetLanguage: str = Field(pattern="^[a-z]{2}$")
    epoch: str | None = Field(None, pattern="^[0-9a-f]{8}$")
    offset: int | None = Field(None, ge=0)
check = JoinSession.model_validate
"""

_OWN_EXCEPTION = """
class JsonSchemaValueException(ValueError):
    def __init__(self, text, **_):
        ValueError.__init__(self, text)
"""


@dataclass(frozen=True)
class Way:
    """One way to check a message: the code that makes it ready, ending with a function `check`."""

    name: str
    setup: str


def ways(folder: Path) -> list[Way]:
    """The ways that are compared; the generated code of fastjsonschema is written to `folder`."""
    definitions = cast("dict[str, dict[str, object]]", json.loads(SCHEMA_PATH.read_text("utf-8"))["$defs"])
    clients = [name for name, one in definitions.items() if one.get("x-direction") == "client"]
    modules = {name: f"fast_{name}" for name in clients}
    for name, module in modules.items():
        code = fastjsonschema.compile_to_code(
            {"$ref": f"#/$defs/{name}", "$defs": definitions}, use_default=False
        )
        code = re.sub(r"from fastjsonschema import .*", _OWN_EXCEPTION, code)
        (folder / f"{module}.py").write_text(code, encoding="utf-8")
    imports = "\n".join(f"import {module}" for module in modules.values())
    return [
        Way(
            "generated tables (in use)",
            "from wire.schema_generated import MESSAGES\ncheck = MESSAGES['joinSession'].check",
        ),
        Way("fastjsonschema's code", f"{imports}\ncheck = fast_joinSession.validate"),
        Way(
            "jsonschema",
            "import jsonschema\n"
            f"schema = json.load(open({str(SCHEMA_PATH)!r}))\n"
            "check = jsonschema.Draft202012Validator("
            "{'$ref': '#/$defs/joinSession', '$defs': schema['$defs']}).validate",
        ),
        Way("pydantic (one model of ten)", _PYDANTIC),
    ]


def measure(way: Way, folder: Path) -> tuple[float, float]:
    """Median CPU time of the import and of one call, both in microseconds."""
    path = [str(ROOT / "functions"), str(folder)]
    probe = _PROBE.format(path=path, setup=way.setup, message=json.dumps(MESSAGE), calls=CALLS)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    imports: list[float] = []
    calls: list[float] = []
    for _ in range(RUNS + 1):
        printed = subprocess.run(  # noqa: S603 - the text above
            [sys.executable, "-c", probe],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
        ).stdout
        imported, call = (float(part) for part in printed.split())
        imports.append(imported)
        calls.append(call)
    # The first run compiles the bytecode, which a Lambda archive brings along.
    return statistics.median(imports[1:]), statistics.median(calls[1:])


def report() -> Report:
    """Import each way, and check a message with it."""
    with tempfile.TemporaryDirectory() as name:
        measured = [(way.name, *measure(way, Path(name))) for way in ways(Path(name))]
    rows = [[name, f"{imported / 1000:.1f}", f"{call:.1f}"] for name, imported, call in measured]
    return Report(tables=[Table(head=["way", "import, CPU ms", "a call, CPU us"], rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()

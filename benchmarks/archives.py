"""Cold starts: the import of each handler and its first request, beside boto3 with a DynamoDB client.

Compares one archive for each handler with one archive that all handlers share, which holds everything that
any handler reaches. Each cold start runs in a new process of the emulator's interpreter, whose site-packages
bring boto3, as Lambda's runtime does. The ways take turns, so that other load on the machine affects all of
them. The first request is one call of boto3's client, and every call of the handler's request, over TLS to a
server in the place of AWS. Memory is read from /proc, so that it needs Linux.
Run: python -m benchmarks.archives
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.first_request import aws_in_place, first_requests
from benchmarks.report import Goal, Report, Table
from pulumi_local_aws.cache import ministack_python
from websocket_sessions.archives import Target, build, source_files
from websocket_sessions.routes import functions_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
INTERPRETER = ministack_python()
FUNCTIONS = ROOT / "functions"
REQUIREMENTS = ROOT / "requirements" / "functions.txt"
ROUNDS = 5
GOAL = 0.5
GOALS = {"authorize": 0.4}
"""Of a handler's import by that of boto3 with a DynamoDB client."""
SDK = "client = __import__('boto3').client('dynamodb')"
SDK_REQUEST = "client.get_item(TableName='sessions', Key={'sessionId': {'S': 'caring-king-275'}})"
REQUEST = "handler(event, LambdaContext())"
PROGRAM = """
import json, sys, time
event, sys.path[:0] = json.loads(sys.argv[2]), [sys.argv[1]]

class LambdaContext:
    aws_request_id = "request"

    def get_remaining_time_in_millis(self):
        return 29_000

def memory_mb():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * 4096 / 1e6

before_mb, start = memory_mb(), time.process_time()
{statement}
imported = time.process_time()
{request}
requested = time.process_time()
print()
print(json.dumps([1000 * (imported - start), 1000 * (requested - start), memory_mb() - before_mb]))
"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "ISSUER_KIND": "cognito",
    "PYTHONDONTWRITEBYTECODE": "1",
    **{f"{name}_TABLE": name for name in ("SESSIONS", "CONNECTIONS", "LISTENERS", "MESSAGES", "LIMITS")},
}


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """CPU milliseconds of an import, and of the first request after it; megabytes that both take."""

    import_ms: float
    total_ms: float
    memory_mb: float


def cold_start(
    folder: Path, statement: str, request: str, event: Mapping[str, Any], environment: Mapping[str, str]
) -> ColdStart:
    """Return the cost of a statement and a request in a new process that imports from `folder` first."""
    program = PROGRAM.format(statement=statement, request=request)
    finished = subprocess.run(  # noqa: S603
        [INTERPRETER, "-c", program, folder, json.dumps(event)],
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    import_ms, total_ms, memory_mb = json.loads(finished.stdout.splitlines()[-1])
    return ColdStart(import_ms=import_ms, total_ms=total_ms, memory_mb=memory_mb)


@dataclass(frozen=True, kw_only=True)
class Turns:
    """The cold starts of one handler in turns: from its own archive, the shared one, and of boto3."""

    own: Sequence[ColdStart]
    shared: Sequence[ColdStart]
    sdk: Sequence[ColdStart]

    @property
    def import_ratio(self) -> float:
        """The handler's import by that of boto3, at the median of the pairs."""
        return median(own.import_ms / sdk.import_ms for own, sdk in zip(self.own, self.sdk, strict=True))

    @property
    def total_ratio(self) -> float:
        """The same with the first request."""
        return median(own.total_ms / sdk.total_ms for own, sdk in zip(self.own, self.sdk, strict=True))

    @property
    def shared_ratio(self) -> float:
        """The import from the handler's own archive by that from the shared one."""
        pairs = zip(self.own, self.shared, strict=True)
        return median(own.import_ms / shared.import_ms for own, shared in pairs)

    def cells(self) -> list[str]:
        """Return the handler's row after its name and the size of its archive."""
        milliseconds = [
            *(median(start.import_ms for start in starts) for starts in (self.own, self.sdk)),
            *(median(start.total_ms for start in starts) for starts in (self.own, self.sdk)),
        ]
        megabytes = [median(start.memory_mb for start in starts) for starts in (self.own, self.sdk)]
        own_ms, sdk_ms, own_total_ms, sdk_total_ms = (f"{value:.0f}" for value in milliseconds)
        return [
            *(own_ms, sdk_ms, f"{self.import_ratio:.2f}"),
            *(own_total_ms, sdk_total_ms, f"{self.total_ratio:.2f}"),
            *(f"{value:.0f}" for value in megabytes),
        ]


def turns(name: str, own: Path, shared: Path, environment: Mapping[str, str]) -> Turns:
    """Measure a handler's cold starts."""
    statement = f"from handlers.{name} import handler"
    event = first_requests()[name]
    found: dict[str, list[ColdStart]] = {"own": [], "shared": [], "sdk": []}
    for _ in range(ROUNDS):
        found["own"].append(cold_start(own, statement, REQUEST, event, environment))
        found["shared"].append(cold_start(shared, statement, REQUEST, event, environment))
        found["sdk"].append(cold_start(shared, SDK, SDK_REQUEST, event, environment))
    return Turns(**found)


def extract(archives: list[Path], folder: Path) -> Path:
    """Extract archives into one folder."""
    for archive in archives:
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)
    return folder


def shared_size(archives: list[Path], path: Path) -> int:
    """Return the bytes of one zip with the files of all archives, compressed as they are there."""
    written: set[str] = set()
    with zipfile.ZipFile(path, "w") as shared:
        for archive in archives:
            with zipfile.ZipFile(archive) as content:
                for entry in content.infolist():
                    if entry.filename not in written:
                        written.add(entry.filename)
                        shared.writestr(entry, content.read(entry))
    return path.stat().st_size


def report() -> Report:
    """Import each handler in each way."""
    names = sorted(functions_in_use(record_heartbeats=True, has_channel=True))
    target = Target(architecture="arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64")
    cache = ROOT / ".local" / "archives"
    archives = build(FUNCTIONS, names, target, cache, REQUIREMENTS)
    sources = source_files(FUNCTIONS, names, target, cache, REQUIREMENTS)
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: extract([archives[name]], Path(scratch) / name) for name in names}
        shared = extract(list(archives.values()), Path(scratch) / "shared")
        size = shared_size(list(archives.values()), Path(scratch) / "shared.zip")
        with aws_in_place(Path(scratch)) as environment:
            measured = {name: turns(name, folders[name], shared, environment) for name in names}
    users = [
        sum(path in files for files in sources.values()) for path in set[Path]().union(*sources.values())
    ]
    own_size = median(path.stat().st_size for path in archives.values())
    head = [
        *("handler", "archive KB", "import CPU ms", "boto3", "ratio"),
        *("with a request", "boto3", "ratio", "memory MB", "boto3"),
    ]
    rows = [
        [name, f"{archives[name].stat().st_size / 1000:,.0f}", *of_one.cells()]
        for name, of_one in measured.items()
    ]
    ratios = [of_one.shared_ratio for of_one in measured.values()]
    return Report(
        tables=[Table(head=head, rows=rows)],
        goals=[
            Goal(figure=f"import of {name} / boto3", value=of_one.import_ratio, at_most=GOALS.get(name, GOAL))
            for name, of_one in measured.items()
        ],
        remarks=[
            f"Archive size: {own_size / 1000:,.0f} KB at the median; shared: {size / 1000:,.0f} KB.",
            f"Import CPU: own archive / shared archive = {median(ratios):.2f} at the median.",
            f"An edit of one of {len(users)} sources updates {median(users):.0f} functions at the median.",
            f"With a shared archive, it updates {len(names)}.",
            f"{users.count(1)} files are in the archive of one function only.",
        ],
    )


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()

"""Compare one archive for each handler with one archive that all handlers share.

The shared archive holds everything that any handler reaches. Each import runs in a new process of the
emulator's interpreter, whose site-packages bring boto3, as Lambda's runtime does. The two ways and the import
of boto3 with a DynamoDB client take turns, so that other load on the machine affects all three.
Run: python -m benchmarks.archives
"""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import zipfile
from pathlib import Path
from statistics import median

from benchmarks.report import Goal, Report, Table
from pulumi_local_aws.cache import ministack_python
from websocket_sessions.archives import Target, build, source_files
from websocket_sessions.routes import functions_in_use

ROOT = Path(__file__).resolve().parent.parent
INTERPRETER = ministack_python()
FUNCTIONS = ROOT / "functions"
REQUIREMENTS = ROOT / "requirements" / "functions.txt"
ROUNDS = 5
GOAL = 0.5
GOALS = {"authorize": 0.4}
"""Of a handler's import by that of boto3 with a DynamoDB client."""
SDK = "__import__('boto3').client('dynamodb')"
TIMER = (
    "import sys, time; sys.path.insert(0, sys.argv[1]); start = time.process_time(); {statement}; "
    "print((time.process_time() - start) * 1000)"
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "CALLBACK_URL": "https://127.0.0.1/prod",
    "FAN_OUT_QUEUE_URL": "https://127.0.0.1/queue",
    "TOKEN_ISSUER": "https://127.0.0.1/issuer",
    "TOKEN_AUDIENCE": "client",
    "ISSUER_KIND": "cognito",
    "PYTHONDONTWRITEBYTECODE": "1",
    **{f"{name}_TABLE": name for name in ("SESSIONS", "CONNECTIONS", "LISTENERS", "MESSAGES", "LIMITS")},
}


def import_cpu_ms(folder: Path, statement: str) -> float:
    """Return the CPU milliseconds of a statement in a new process that imports from `folder` first."""
    finished = subprocess.run(  # noqa: S603
        [INTERPRETER, "-c", TIMER.format(statement=statement), folder],
        env={"PATH": os.environ["PATH"], **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(finished.stdout)


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
    names = sorted(functions_in_use(record_heartbeats=True))
    target = Target(architecture="arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64")
    cache = ROOT / ".local" / "archives"
    archives = build(FUNCTIONS, names, target, cache, REQUIREMENTS)
    sources = source_files(FUNCTIONS, names, target, cache, REQUIREMENTS)
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: extract([archives[name]], Path(scratch) / name) for name in names}
        shared = extract(list(archives.values()), Path(scratch) / "shared")
        size = shared_size(list(archives.values()), Path(scratch) / "shared.zip")
        ratios: list[float] = []
        goals: list[Goal] = []
        rows: list[list[str]] = []
        for name in names:
            own_ms, shared_ms, sdk_ms = list[float](), list[float](), list[float]()
            for _ in range(ROUNDS):
                own_ms.append(import_cpu_ms(folders[name], f"import handlers.{name}"))
                shared_ms.append(import_cpu_ms(shared, f"import handlers.{name}"))
                sdk_ms.append(import_cpu_ms(shared, SDK))
            ratios.append(median(own_ms) / median(shared_ms))
            to_sdk = median(own / sdk for own, sdk in zip(own_ms, sdk_ms, strict=True))
            goals.append(Goal(figure=f"{name} / boto3", value=to_sdk, at_most=GOALS.get(name, GOAL)))
            milliseconds = [f"{median(values):.0f}" for values in (own_ms, shared_ms, sdk_ms)]
            rows.append(
                [name, f"{archives[name].stat().st_size / 1000:,.0f}", *milliseconds, f"{to_sdk:.2f}"]
            )
    users = [
        sum(path in files for files in sources.values()) for path in set[Path]().union(*sources.values())
    ]
    own_size = median(path.stat().st_size for path in archives.values())
    head = ["handler", "archive KB", "own CPU ms", "shared CPU ms", "boto3 CPU ms", "own / boto3"]
    return Report(
        tables=[Table(head=head, rows=rows)],
        goals=goals,
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

"""Steps of `make setup` that run again only when what they are made from has changed."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pulumi_local_aws.console import progress


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: the digest of `inputs` (files, words) is its stamp; `outputs` must exist for it to count."""

    name: str
    label: str
    inputs: tuple[Path | str, ...]
    outputs: tuple[Path, ...]
    run: Callable[[], None]

    def digest(self) -> str:
        """Return the digest of the inputs; a file that is not there counts as empty."""
        parts = hashlib.sha256()
        for item in self.inputs:
            content = item.encode() if isinstance(item, str) else _content(item)
            parts.update(len(content).to_bytes(8, "big") + content)
        return parts.hexdigest()

    def is_done(self, stamps: Path) -> bool:
        """Return whether the stamp belongs to today's inputs and every output exists."""
        stamp = stamps / self.name
        return (
            stamp.is_file()
            and stamp.read_text(encoding="ascii").strip() == self.digest()
            and all(output.exists() for output in self.outputs)
        )

    def run_if_pending(self, stamps: Path) -> bool:
        """Run the step unless it is done; the stamp comes last, so that a failed step runs again."""
        if self.is_done(stamps):
            return False
        with progress(self.label):
            self.run()
        if not all(output.exists() for output in self.outputs):
            return False
        stamps.mkdir(parents=True, exist_ok=True)
        (stamps / self.name).write_text(self.digest() + "\n", encoding="ascii")
        return True


def pending(steps: Iterable[Step], stamps: Path) -> list[Step]:
    """Return the steps that have to run, in order."""
    return [step for step in steps if not step.is_done(stamps)]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""

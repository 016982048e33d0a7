"""Writes files that only their owner may read."""

from pathlib import Path


def write_secret(path: Path, text: str, *, keep: bool = False) -> None:
    """Write a file that only its owner reads (0600, its folder 0700); with `keep`, only if there is none."""
    if keep and path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)

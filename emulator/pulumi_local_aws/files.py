"""Makes files and folders that only their owner may read."""

from pathlib import Path


def write_secret(path: Path, text: str, *, keep: bool = False) -> None:
    """Write a file that only its owner reads (0600, its folder 0700); with `keep`, only if there is none."""
    if keep and path.exists():
        return
    private_folder(path.parent)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def private_folder(path: Path) -> None:
    """Make the folder and those above it that are missing, and give them and the folder mode 0700."""
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)

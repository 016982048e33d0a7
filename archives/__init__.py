"""Builds one Lambda archive a handler: reproducible, for the target's Python, with only what it needs."""

from archives.build import build, source_files
from archives.errors import ArchiveError
from archives.target import Target

__all__ = ["ArchiveError", "Target", "build", "source_files"]

"""Builds one Lambda archive a handler: reproducible, for the target's Python, with only what it needs."""

from websocket_sessions.archives.build import build, source_files
from websocket_sessions.archives.defaults import cache_folder, default_archives
from websocket_sessions.archives.errors import ArchiveError
from websocket_sessions.archives.sources import FunctionSources
from websocket_sessions.archives.target import Target

__all__ = [
    "ArchiveError",
    "FunctionSources",
    "Target",
    "build",
    "cache_folder",
    "default_archives",
    "source_files",
]

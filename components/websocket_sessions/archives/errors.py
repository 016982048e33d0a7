"""Errors of building archives."""


class ArchiveError(Exception):
    """An archive cannot be built; the message names the handler, module or setting and what to do."""

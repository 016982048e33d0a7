"""Stub."""

from emulator.provider.resource import Resource

RESOURCES: tuple[type[Resource], ...] = ()

"""Joins the domain to its adapters, from the environment, for each handler only what it needs.

What all functions share is here; the modules beside it make the domain's operations, each in a function of
its own. Handlers call theirs once, when they are imported. Adapters are imported inside these functions, so
that a handler's archive and its cold start carry nothing that it does not use.
"""

# ruff: noqa: PLC0415

import os
import time
from typing import TYPE_CHECKING

from adapters.telemetry import LOG, METRICS, EmfMetrics, JsonLog, failure_fields
from domain.settings import Settings

if TYPE_CHECKING:
    from adapters.dynamodb.rate_limits import DynamoRateLimits

__all__ = ["failure_fields"]


def clock() -> int:
    """Epoch seconds."""
    return int(time.time())


def settings() -> Settings:
    """The stack's settings, from SETTINGS."""
    return Settings.from_json(os.environ.get("SETTINGS", "{}"))


def log() -> JsonLog:
    """The log of this function."""
    return LOG


def metrics() -> EmfMetrics:
    """The counters of this function."""
    return METRICS


def rate_limits() -> "DynamoRateLimits":
    """The limits, which all writes of one function share; the client that they need is made here, at once."""
    from adapters.dynamodb.client import client
    from adapters.dynamodb.rate_limits import DynamoRateLimits

    client()
    return DynamoRateLimits(LOG, METRICS)

"""Fault injection: failures of a network and of a managed service, on request of a test.

Rules are tried in order and the first match applies. Probabilities use one seeded generator, so a run can be
repeated.
"""

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pulumi_local_aws.gateway.json_access import as_list, as_object, is_list, number


class Fault(StrEnum):
    """The faults, by the names that rules use."""

    DISCONNECT_LOST = "disconnectLost"
    DISCONNECT_LATE = "disconnectLate"
    DISCONNECT_DOUBLED = "disconnectDoubled"
    PUSH_REORDERED = "pushReordered"
    ABORT_BEFORE = "abortBefore"
    ABORT_AFTER = "abortAfter"
    CALLBACK_GONE = "callbackGone"
    CALLBACK_TOO_LARGE = "callbackTooLarge"
    CALLBACK_THROTTLED = "callbackThrottled"
    CALLBACK_DELAYED = "callbackDelayed"


DISCONNECT_FAULTS = (Fault.DISCONNECT_LOST, Fault.DISCONNECT_LATE, Fault.DISCONNECT_DOUBLED)
CALLBACK_FAULTS = (
    Fault.CALLBACK_GONE,
    Fault.CALLBACK_TOO_LARGE,
    Fault.CALLBACK_THROTTLED,
    Fault.CALLBACK_DELAYED,
)
_LOGGER = logging.getLogger(__name__)
_KEYS = {"fault", "route", "connection", "probability", "count", "seconds"}


class FaultRuleError(Exception):
    """A rule is invalid; the message names the key, its value and the allowed values."""


@dataclass(slots=True, kw_only=True)
class FaultRule:
    """One fault: `count` is how often it may still apply (None: always), `seconds` how long it delays."""

    fault: Fault
    route: str | None = None
    connection: str | None = None
    probability: float = 1.0
    count: int | None = None
    seconds: float = 1.0


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._random = random.Random(0)  # noqa: S311 - repeatable on purpose

    def replace(self, rules: list[FaultRule], seed: int = 0) -> None:
        self._rules = rules
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def match(
        self, faults: tuple[Fault, ...], connection_id: str, route: str | None = None
    ) -> FaultRule | None:
        """Return the first rule that applies and count it as used, or None if no rule matches."""
        for rule in self._rules:
            if (
                rule.fault in faults
                and rule.count != 0
                and rule.connection in (None, connection_id)
                and rule.route in (None, route)
                and (rule.probability >= 1 or self._random.random() < rule.probability)
            ):
                if rule.count is not None:
                    rule.count -= 1
                _LOGGER.info("injecting fault=%s", rule.fault)
                return rule
        return None


def read_rules(value: object) -> list[FaultRule]:
    """Read the rules from the admin interface's JSON list. Raises FaultRuleError."""
    if not is_list(value):
        raise FaultRuleError("faults: must be a list of rules")
    return [_read_rule(as_object(entry)) for entry in as_list(value)]


def _read_rule(entry: Mapping[str, object]) -> FaultRule:
    if unknown := entry.keys() - _KEYS:
        raise FaultRuleError(f"unknown key {sorted(unknown)[0]!r}; allowed: {', '.join(sorted(_KEYS))}")
    try:
        fault = Fault(str(entry.get("fault")))
    except ValueError as error:
        raise FaultRuleError(f"fault: {entry.get('fault')!r}; allowed: {', '.join(Fault)}") from error
    count = _number(entry, "count")
    probability = _number(entry, "probability")
    seconds = _number(entry, "seconds")
    return FaultRule(
        fault=fault,
        route=_text(entry, "route"),
        connection=_text(entry, "connection"),
        probability=1.0 if probability is None else probability,
        count=None if count is None else int(count),
        seconds=1.0 if seconds is None else seconds,
    )


def _text(entry: Mapping[str, object], name: str) -> str | None:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise FaultRuleError(f"{name}: {value!r}; must be a string")
    return value


def _number(entry: Mapping[str, object], name: str) -> float | None:
    value = entry.get(name)
    found = number(value)
    if value is not None and (found is None or found < 0):
        raise FaultRuleError(f"{name}: {value!r}; must be a number, 0 or above")
    return found

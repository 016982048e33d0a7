"""Faults on request: what a network and a managed service do now and then, when a test asks for it.

Rules are tried in order and the first that fits applies. The chances come from one seeded generator, so that
a run can be repeated.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pulumi_local_aws.gateway.json_access import as_list, as_object, is_list, number


class Fault(StrEnum):
    """What can go wrong, by the name used in a rule."""

    DISCONNECT_LOST = "disconnectLost"
    DISCONNECT_LATE = "disconnectLate"
    DISCONNECT_DOUBLED = "disconnectDoubled"
    PUSH_REORDERED = "pushReordered"
    CUT_BEFORE = "cutBefore"
    CUT_AFTER = "cutAfter"
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
_KEYS = {"fault", "route", "connection", "probability", "count", "seconds"}


class FaultRuleError(Exception):
    """A rule is not one; the text names the key, its value and what is allowed."""


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault; `count` is how often it may still happen (None: always), `seconds` how long it delays."""

    fault: Fault
    route: str | None = None
    connection: str | None = None
    probability: float = 1.0
    count: int | None = None
    seconds: float = 1.0


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._random = random.Random(0)  # noqa: S311 - repeatable on purpose

    def replace(self, rules: list[Rule], seed: int = 0) -> None:
        self._rules = rules
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def hit(self, faults: tuple[Fault, ...], connection_id: str, route: str | None = None) -> Rule | None:
        """The rule that applies to this occasion, counted as used; None where all goes well."""
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
                return rule
        return None


def read_rules(value: object) -> list[Rule]:
    """Rules from the admin interface's JSON list; raises FaultRuleError."""
    if not is_list(value):
        raise FaultRuleError("faults: must be a list of rules")
    return [_rule(as_object(entry)) for entry in as_list(value)]


def _rule(entry: Mapping[str, object]) -> Rule:
    if unknown := entry.keys() - _KEYS:
        raise FaultRuleError(f"unknown key {sorted(unknown)[0]!r}; allowed: {', '.join(sorted(_KEYS))}")
    try:
        fault = Fault(str(entry.get("fault")))
    except ValueError as error:
        raise FaultRuleError(f"fault: {entry.get('fault')!r}; allowed: {', '.join(Fault)}") from error
    count = _number(entry, "count")
    probability = _number(entry, "probability")
    seconds = _number(entry, "seconds")
    return Rule(
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

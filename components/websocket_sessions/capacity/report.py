"""The estimate of a load: the use of each quota, each line of the bill, and both as a table."""

from dataclasses import dataclass

from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.prices import PRICES, REVISED, Quota, Raised


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The use of one quota."""

    name: str
    used: float
    limit: float
    origin: str
    """Where the limit comes from: the account, its Region's default, a setting, or fixed by AWS."""
    quota: Quota

    @property
    def exceeded(self) -> bool:
        """Whether the load needs more than the quota allows."""
        return self.used > self.limit

    def __str__(self) -> str:
        """Return one line with the use, the limit and the remedy."""
        remedies = {
            Raised.BY_AWS: f"request a higher quota from AWS and set raisedQuotas.{self.name} to yours",
            Raised.BY_SETTING: f"set {self.name} higher",
            Raised.NEVER: "the quota cannot be raised",
        }
        remedy = remedies[self.quota.raised]
        return (
            f"{self.name}: {self.used:,.0f} of {self.limit:,.0f} {self.quota.unit}, {self.origin} ({remedy})"
        )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One line of the monthly bill."""

    name: str
    units: float
    usd: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The quotas that a load uses and its cost."""

    usages: tuple[Usage, ...]
    costs: tuple[Cost, ...]
    assumed: str
    """The durations that `lambdaDuration` and `lambdaConcurrency` assume."""

    @property
    def exceeded(self) -> list[Usage]:
        """The quotas that the load exceeds."""
        return [usage for usage in self.usages if usage.exceeded]

    @property
    def total(self) -> float:
        """The monthly cost in US dollars."""
        return sum(cost.usd for cost in self.costs)

    def check(self) -> None:
        """Raise ArgumentError if the load exceeds quotas; the message names them."""
        if self.exceeded:
            lines = "\n".join(f"  {usage}" for usage in self.exceeded)
            raise ArgumentError(f"the declared load exceeds quotas of the account:\n{lines}")

    def table(self) -> str:
        """Return both parts as text, for `pulumi preview`."""
        usages = [
            (
                one.name,
                f"{one.used:,.0f}",
                f"{one.limit:,.0f}",
                f"{one.quota.unit} ({one.origin})" + " !" * one.exceeded,
            )
            for one in self.usages
        ]
        costs = [
            (one.name, f"{one.units:,.1f}", f"{one.usd:,.2f}", PRICES[one.name].unit) for one in self.costs
        ]
        rows = [
            ("quota", "used", "of", ""),
            *usages,
            ("", "", "", ""),
            (f"a month (prices of {REVISED}, us-east-1)", "units", "USD", ""),
            *costs,
            ("total", "", f"{self.total:,.2f}", ""),
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = (
            f"{name:<{widths[0]}}  {used:>{widths[1]}}  {limit:>{widths[2]}}  {unit}".rstrip()
            for name, used, limit, unit in rows
        )
        return "\n".join([*lines, "", f"Durations are assumed: {self.assumed}."])

"""What the capacity estimate says: the use of each quota, each line of the bill, and both as a table."""

from dataclasses import dataclass

from websocket_sessions.arguments import ArgumentError
from websocket_sessions.capacity.prices import PRICES, REVISED, Quota, Raised


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much of a quota the load uses."""

    name: str
    used: float
    limit: float
    quota: Quota

    @property
    def exceeded(self) -> bool:
        """Whether the load needs more than there is."""
        return self.used > self.limit

    def __str__(self) -> str:
        """One line that says what to do."""
        remedies = {
            Raised.BY_AWS: f"have it raised, then say so in raisedQuotas.{self.name}",
            Raised.BY_SETTING: f"set {self.name} higher",
            Raised.NEVER: "it cannot be raised",
        }
        remedy = remedies[self.quota.raised]
        return f"{self.name}: {self.used:,.0f} of {self.limit:,.0f} {self.quota.unit} ({remedy})"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One line of the bill, a month."""

    name: str
    units: float
    usd: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a load uses and costs."""

    usages: tuple[Usage, ...]
    costs: tuple[Cost, ...]

    @property
    def exceeded(self) -> list[Usage]:
        """The quotas that do not suffice."""
        return [usage for usage in self.usages if usage.exceeded]

    @property
    def total(self) -> float:
        """US dollars a month."""
        return sum(cost.usd for cost in self.costs)

    def check(self) -> None:
        """Raise ArgumentError, which names each, where the load passes a quota."""
        if self.exceeded:
            lines = "\n".join(f"  {usage}" for usage in self.exceeded)
            raise ArgumentError(f"the declared load passes quotas of the account:\n{lines}")

    def table(self) -> str:
        """Both parts as text, for `pulumi preview`."""
        usages = [
            (one.name, f"{one.used:,.0f}", f"{one.limit:,.0f}", one.quota.unit + " !" * one.exceeded)
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
        return "\n".join(
            f"{name:<{widths[0]}}  {used:>{widths[1]}}  {limit:>{widths[2]}}  {unit}".rstrip()
            for name, used, limit, unit in rows
        )

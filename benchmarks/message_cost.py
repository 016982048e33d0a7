"""What one published message costs, line by line, against the audience.

The figures come from the prices and the arithmetic of the capacity estimate. They are the difference between
a load with messages and the same load without.
Run: python -m benchmarks.message_cost
"""

from dataclasses import replace

from benchmarks.report import Report, Table
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load

AUDIENCES = (10, 100, 500)
MINUTES = 60
SPEAKING = Load(sessions=1, listeners=1, messages_per_second=1, minutes=MINUTES)


def cost_of_a_message(listeners: int) -> dict[str, float]:
    """Millionths of a US dollar for one message, by line."""
    speaking = replace(SPEAKING, listeners=listeners)
    silent = {cost.name: cost.usd for cost in estimate(replace(speaking, messages_per_second=0)).costs}
    messages = MINUTES * 60 * speaking.messages_per_second
    return {cost.name: (cost.usd - silent[cost.name]) / messages * 1e6 for cost in estimate(speaking).costs}


def report() -> Report:
    """Price a message to each audience."""
    costs = [cost_of_a_message(listeners) for listeners in AUDIENCES]
    rows = [[name, *(f"{cost[name]:,.2f}" for cost in costs)] for name in costs[0]]
    rows.append(["total", *(f"{sum(cost.values()):,.2f}" for cost in costs)])
    head = ["USD for a million messages", *(f"{one:,} listeners" for one in AUDIENCES)]
    return Report(tables=[Table(head=head, rows=rows)])


def main() -> None:
    """Measure and print the report."""
    print(report().text())


if __name__ == "__main__":
    main()

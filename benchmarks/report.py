"""What a scenario measured: tables, charts and goals, as text and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cells as text, a row a line."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Return the table for a terminal: the first column to the left, the others to the right."""
        widths = [
            max(len(row[column]) for row in (self.head, *self.rows)) for column in range(len(self.head))
        ]

        def line(cells: Sequence[str]) -> str:
            first, *others = (
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            return "  ".join((first, *others)).rstrip()

        return "\n".join([line(self.head), "  ".join("-" * width for width in widths), *map(line, self.rows)])

    def markdown(self) -> str:
        """Return the table for a page."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.head, rule, *self.rows))


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Lines over the same points."""

    title: str
    x_label: str
    y_label: str
    points: Sequence[str]
    lines: Sequence[Sequence[float]]

    def markdown(self) -> str:
        """Return the chart in Mermaid's language."""
        points = ", ".join(f'"{point}"' for point in self.points)
        lines = [f"    line [{', '.join(f'{value:.3g}' for value in line)}]" for line in self.lines]
        return "\n".join(
            [
                "```mermaid",
                "xychart-beta",
                f'    title "{self.title}"',
                f'    x-axis "{self.x_label}" [{points}]',
                f'    y-axis "{self.y_label}"',
                *lines,
                "```",
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure, and the most that it should be."""

    figure: str
    value: float
    at_most: float

    @property
    def is_met(self) -> bool:
        return self.value <= self.at_most


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one scenario measured in one run."""

    tables: Sequence[Table]
    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = ()
    remarks: Sequence[str] = ()
    """Sentences that belong to the figures."""

    def text(self) -> str:
        """Return the report for a terminal."""
        goals = [_goal_table(self.goals).text()] if self.goals else []
        return "\n\n".join([*(table.text() for table in self.tables), *goals, *self.remarks])

    def markdown(self) -> str:
        """Return the report for a page."""
        goals = [_goal_table(self.goals).markdown()] if self.goals else []
        charts = [chart.markdown() for chart in self.charts]
        return "\n\n".join([*(table.markdown() for table in self.tables), *goals, *charts, *self.remarks])


def _goal_table(goals: Sequence[Goal]) -> Table:
    return Table(
        head=["goal", "at most", "measured", "met"],
        rows=[
            [goal.figure, f"{goal.at_most:g}", f"{goal.value:.2f}", "yes" if goal.is_met else "no"]
            for goal in goals
        ],
    )

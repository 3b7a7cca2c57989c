"""What measurements bring home, and how it is shown: a table, the goals, a chart, and all of it in RESULTS.md.

Each measurement keeps its last result in `bench/results/<name>.json`, so that one can be run by itself
and the document still shows all.
"""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

HERE = Path(__file__).parent
KEPT = HERE / "results"
DOCUMENT = HERE / "RESULTS.md"


class Row(BaseModel):
    """One line of a table: a thing measured, or a reference that it is compared with."""

    what: str
    cells: dict[str, float | None]
    """Column to its figure, a median over the rounds; None where it makes no sense."""
    reference: bool = False


class Goal(BaseModel):
    """A figure that is wanted, and the one that was measured."""

    what: str
    measured: float
    bound: float
    at_least: bool = True

    @property
    def reached(self) -> bool:
        """Whether the figure is as wanted."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        sign, verdict = "≥" if self.at_least else "≤", "reached" if self.reached else "**missed**"
        return f"{self.what} {sign} {figure(self.bound)}: {figure(self.measured)}, {verdict}"


class Chart(BaseModel):
    """What is drawn: bars by label, or a line for each label over common abscissae."""

    kind: Literal["bars", "lines"]
    y: str
    x: str = ""
    series: dict[str, list[tuple[float, float]]]
    """Label to points; bars have one point each."""
    logarithmic: bool = False


class Result(BaseModel):
    """Everything that one measurement says."""

    name: str
    title: str
    about: str
    """What is measured, and what each reference does."""
    rows: list[Row]
    goals: list[Goal] = []
    chart: Chart
    rounds: int
    machine: str = ""
    measured_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    def table(self) -> str:
        """The rows as Markdown."""
        columns = list(dict.fromkeys(column for row in self.rows for column in row.cells))
        lines = [f"| what | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
        for row in self.rows:
            cells = " | ".join(figure(row.cells.get(column)) for column in columns)
            lines.append(f"| {row.what if row.reference else f'**{row.what}**'} | {cells} |")
        return "\n".join(lines)

    def section(self) -> str:
        """The part of RESULTS.md that is about this measurement."""
        rounds = f"{self.rounds} rounds, medians. " if self.rounds > 1 else ""
        parts = [f"## {self.title}", self.about, self.table(), *(f"- {goal}" for goal in self.goals)]
        parts.append(f"![{self.title}](results/{self.name}.svg)")
        parts.append(f"{rounds}{self.measured_at:%d %B %Y}, {self.machine}.")
        text = "\n\n".join(parts)
        return text.replace("\n\n- ", "\n- ").replace("|\n- ", "|\n\n- ")


def figure(value: float | None) -> str:
    """A number with the digits that mean something."""
    if value is None:
        return ""
    for bound, pattern in ((100, "{:,.0f}"), (10, "{:.1f}"), (1, "{:.2f}")):
        if abs(value) >= bound:
            return pattern.format(value)
    return f"{value:.3f}" if value else "0"


def median(values: Sequence[float]) -> float:
    """The median of at least one value."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: int) -> float:
    """A percentile of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How steeply (hours, value) rises, in per cent an hour: a line of least squares through what follows the warm-up.

    Per cent of that line's own start. The first sixth is left out: caches and pools fill then.
    """
    fitted = points[round(len(points) / 6) :]
    line = statistics.linear_regression([x for x, _ in fitted], [y for _, y in fitted])
    start = line.intercept + line.slope * fitted[0][0]
    return 100 * line.slope / start if start else 0.0


def keep(result: Result) -> None:
    """Remember a result for the document."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{result.name}.json").write_text(result.model_dump_json(indent=1) + "\n")


def kept(names: Sequence[str]) -> list[Result]:
    """The remembered results of these measurements, as far as there are any."""
    paths = [KEPT / f"{name}.json" for name in names]
    return [Result.model_validate_json(path.read_text()) for path in paths if path.exists()]


def document(results: Sequence[Result]) -> str:
    """The whole of RESULTS.md."""
    goals = [f"| {result.title} | {goal} |" for result in results for goal in result.goals]
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `make bench`, `make soak` and `make bench ARGS=--growth`; the figures are in `bench/results`.",
            "Everything runs on one machine: load generator, services, PostgreSQL (`fsync` on) and NATS",
            "(`sync_interval: always`) share its cores. Absolute figures are that machine's. What can be compared is",
            "the ratio to a reference that was measured in the same run, round by round in turn.",
            "",
            "| measurement | goal |",
            "|---|---|",
            *goals,
            "",
            "\n\n".join(result.section() for result in results),
            "",
        ]
    )

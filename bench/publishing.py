"""The end of a measurement: printed, and kept for RESULTS.md with its chart."""

from bench import report
from bench.machine import description
from bench.plots import draw
from bench.report import Result

ORDER = (
    "path",
    "webhooks",
    "reaction",
    "relay",
    "latency",
    "questions",
    "availability",
    "notifier",
    "growth",
    "soak",
)
"""Of the sections in RESULTS.md."""


def publish(result: Result, *, keep: bool) -> None:
    """Print it; with `keep`, write its figures and chart to bench/results and bring RESULTS.md up to date."""
    result.machine = description()
    print("\n".join([result.table(), *(f"- {goal}" for goal in result.goals)]), flush=True)
    if keep:
        report.keep(result)
        draw(result)
        report.DOCUMENT.write_text(report.document(report.kept(ORDER)))

"""Results as pictures: one SVG beside each result's figures."""

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import KEPT, Chart, Result, figure

_OURS, _THEIRS = "#2a6f97", "#b8c4cc"
_LINES = ("#2a6f97", "#e07a5f", "#81b29a", "#8d6a9f", "#d4a24c", "#5f6c7b", "#bc4b51", "#3d405b")
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "tidebook"}


def draw(result: Result) -> None:
    """Write `bench/results/<name>.svg`."""
    canvas = Figure(figsize=(8, 1.2 + 0.5 * len(result.chart.series)) if result.chart.kind == "bars" else (8, 4.2))
    axes = canvas.add_subplot()
    axes.set_title(result.title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    if result.chart.kind == "bars":
        _bars(axes, result)
    else:
        _lines(axes, result.chart)
    canvas.tight_layout()
    KEPT.mkdir(exist_ok=True)
    with rc_context(_STYLE):
        canvas.savefig(KEPT / f"{result.name}.svg", metadata={"Date": None})


def _bars(axes: Axes, result: Result) -> None:
    references = {row.what for row in result.rows if row.reference}
    labels = list(result.chart.series)
    values = [points[0][1] for points in result.chart.series.values()]
    bars = axes.barh(labels, values, color=[_THEIRS if label in references else _OURS for label in labels])
    axes.bar_label(bars, [f" {figure(value)}" for value in values], fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel(result.chart.y)
    axes.margins(x=0.12)


def _lines(axes: Axes, chart: Chart) -> None:
    for color, (label, points) in zip(_LINES * 2, chart.series.items(), strict=False):
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", markersize=3, color=color, label=label)
    if chart.logarithmic:
        axes.set_xscale("log")
        measured = sorted({x for points in chart.series.values() for x, _ in points})
        axes.set_xticks(measured, [f"{x:,.0f}" for x in measured])
        axes.minorticks_off()
    axes.set_xlabel(chart.x)
    axes.set_ylabel(chart.y)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)

"""How long the mails took under each fault, as a multiple of N/rate."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.shootout.charts import style
from bench.shootout.contestant import Contestant
from bench.shootout.fault import Fault
from bench.shootout.row import CUT_SHORT, Row

_FINE = 0.03
"""So far from 1.0 the axis is about linear, beyond it logarithmic: 1.01 and 1.05 stay apart beside a 10."""
_MARKS = (0.5, 1.0, 2.0, 10.0, 50.0)
_FOR_THE_FIGURES = 0.42
"""Of a panel's width: the column at its right where the figures stand."""
_LEGEND = "The line is N/rate; the axis is stretched around it. Left of it: SES's burst, or mails that were never sent."


def figure(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> Figure:
    """A dot for each design and fault, and its figure beside it."""
    faults, names = style.faults(rows), style.names(rows)
    chart = Figure(figsize=(2.6 + 1.5 * len(faults), style.height(len(names))), layout="constrained")
    panels = chart.subplots(1, len(faults), sharey=True, squeeze=False)[0]
    least, most = _span(rows)
    for axes, fault in zip(panels, faults, strict=True):
        _dots(axes, [row for row in rows if row.fault == fault.name], names, fault)
        axes.set_xlim(least, least + (most - least) / (1 - _FOR_THE_FIGURES))
        marks = [mark for mark in _MARKS if least <= at(mark) <= most]
        axes.set_xticks([at(mark) for mark in marks], [f"{mark:g}" for mark in marks], fontsize=7)
    style.a_line_each(panels[0], names, contestants)
    chart.suptitle("Drain, as a multiple of N/rate", x=0.01, ha="left", fontweight="bold")
    legend = f"{_LEGEND} {CUT_SHORT}" if any(row.timed_out for row in rows) else _LEGEND
    chart.supxlabel(legend, fontsize=8)
    return chart


def at(ratio: float) -> float:
    """Where on the axis a drain stands; N/rate stands at 0."""
    return math.asinh((ratio - 1) / _FINE)


def _span(rows: Sequence[Row]) -> tuple[float, float]:
    """Of the axis: all rows, and from a little below N/rate to twice it at least."""
    places = [at(row.drain_ratio) for row in rows if row.drain_ratio is not None]
    return min([at(0.97), *places]) - 0.8, max([at(2), *places]) + 0.4


def _dots(axes: Axes, rows: Sequence[Row], names: Sequence[str], fault: Fault) -> None:
    axes.axvline(0, color=style.INK, linewidth=1)
    for row in rows:
        line = names.index(row.contestant)
        axes.text(0.99, line, _told(row), transform=axes.get_yaxis_transform(), va="center", ha="right", fontsize=8)
        if row.drain_ratio is not None:
            place = at(row.drain_ratio)
            axes.plot([0, place], [line, line], color=style.HELD, linewidth=1.5, solid_capstyle="butt")
            axes.plot([place], [line], "o", color=style.HELD, markersize=5)
    axes.set_title(fault.title, fontsize=8, color=style.INK, wrap=True)
    style.plain(axes)


def _told(row: Row) -> str:
    """As the tables have it."""
    return ("no mail" if row.drain_ratio is None else f"{row.drain_ratio:.2f}") + (" …" if row.timed_out else "")

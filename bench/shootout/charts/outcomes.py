"""Who got two mails, who none, and who is held, under each fault."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.shootout.charts import style
from bench.shootout.contestant import Contestant
from bench.shootout.fault import Fault
from bench.shootout.row import Row

_SERIES = (
    ("two mails or more", "twice", style.TWICE),
    ("none", "none", style.NONE),
    ("held for a person", "held", style.HELD),
)
_SEEN = 0.015
"""A bar's least width: one user of many is seen as well."""


def figure(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> Figure:
    """Bars for each design and fault: shares of the users."""
    faults, names = style.faults(rows), style.names(rows)
    chart = Figure(figsize=(2.6 + 1.5 * len(faults), style.height(len(names))), layout="constrained")
    panels = chart.subplots(1, len(faults), sharey=True, squeeze=False)[0]
    for axes, fault in zip(panels, faults, strict=True):
        _bars(axes, [row for row in rows if row.fault == fault.name], names, fault)
    style.a_line_each(panels[0], names, contestants)
    handles, labels = panels[0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    chart.suptitle("Share of the users, by what they got", x=0.01, ha="left", fontweight="bold")
    return chart


def _bars(axes: Axes, rows: Sequence[Row], names: Sequence[str], fault: Fault) -> None:
    """A line for each design: what is wrong, one beside the other."""
    found = {row.contestant: row for row in rows}
    starts = [0.0] * len(names)
    for label, series, colour in _SERIES:
        widths = [_width(found[name], series) if name in found else 0.0 for name in names]
        axes.barh(range(len(names)), widths, left=starts, color=colour, label=label, height=0.7)
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    for number, name in enumerate(names):
        if name in found and not starts[number]:
            axes.text(0.02, number, "0", va="center", fontsize=8)
    axes.set_title(fault.title, fontsize=8, color=style.INK, wrap=True)
    axes.set_xlim(0, 1 + 2 * _SEEN)
    axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0, decimals=0))
    axes.set_xticks([0, 0.5, 1])
    style.plain(axes)


def _width(row: Row, series: str) -> float:
    """The share of the users."""
    users: int = getattr(row, series)
    return max(users / row.users, _SEEN) if users else 0.0

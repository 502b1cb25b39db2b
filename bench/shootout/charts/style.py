"""How the charts look: readable on a light page and on a dark one, and the same bytes for the same rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from bench.contestants import ORDER
from bench.shootout.contestant import Contestant
from bench.shootout.fault import FAULTS, Fault
from bench.shootout.row import Row

TWICE, NONE, HELD, INK = "#d1600f", "#c2185b", "#3b8ec2", "#808080"
"""Each has contrast enough on white and on black."""
SAME_EVERY_TIME: dict[Any, Any] = {
    "svg.hashsalt": "onlyonce",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": INK,
    "ytick.color": INK,
}


def height(lines: int) -> float:
    """Of a figure with so many designs, in inches."""
    return 1.3 + 0.32 * lines


def names(rows: Sequence[Row]) -> list[str]:
    """The designs of these rows, in the order of the tables."""
    return [name for name in ORDER if any(row.contestant == name for row in rows)]


def faults(rows: Sequence[Row]) -> list[Fault]:
    return [fault for fault in FAULTS if any(row.fault == fault.name for row in rows)]


def a_line_each(axes: Axes, designs: Sequence[str], contestants: Mapping[str, Contestant]) -> None:
    """A line for each design, the first one on top."""
    axes.set_yticks(range(len(designs)), [contestants[name].title for name in designs])
    axes.set_ylim(len(designs) - 0.5, -0.5)


def plain(axes: Axes) -> None:
    """Nothing drawn that says nothing."""
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)

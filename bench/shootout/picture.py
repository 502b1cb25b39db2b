"""docs/bench/shootout.svg: who got two mails, and who none, under each fault; readable on a light page and on a dark one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.contestants import ORDER
from bench.shootout.contestant import Contestant
from bench.shootout.fault import FAULTS, Fault
from bench.shootout.row import Row

_TWICE, _NONE, _HELD, _INK = "#d1600f", "#c2185b", "#3b8ec2", "#808080"
"""Each has contrast enough on white and on black."""
_SAME_EVERY_TIME: dict[Any, Any] = {
    "svg.hashsalt": "onlyonce",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_SERIES = (("two mails or more", "twice", _TWICE), ("none", "none", _NONE), ("held for a person", "held", _HELD))


def draw(rows: Sequence[Row], contestants: Mapping[str, Contestant], path: Path) -> None:
    """Writes the picture; the same rows give the same bytes."""
    faults = [fault for fault in FAULTS if any(row.fault == fault.name for row in rows)]
    names = [name for name in ORDER if any(row.contestant == name for row in rows)]
    with mpl.rc_context(_SAME_EVERY_TIME):
        height = 1.2 + 0.32 * len(names)
        figure = Figure(figsize=(2.6 + 1.5 * len(faults), height), layout="constrained")
        axes = figure.subplots(1, len(faults), sharey=True, squeeze=False)[0]
        for one, fault in zip(axes, faults, strict=True):
            _bars(one, [row for row in rows if row.fault == fault.name], names, fault)
        axes[0].set_yticks(range(len(names)), [contestants[name].title for name in names])
        axes[0].invert_yaxis()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        figure.suptitle("Share of the users, by what they got", x=0.01, ha="left", fontweight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None, "Description": signature(rows)})


def signature(rows: Sequence[Row]) -> str:
    """What the picture says of its origin, so that one of other figures is found out."""
    digest = hashlib.sha256(json.dumps([asdict(row) for row in rows], sort_keys=True).encode()).hexdigest()
    return f"drawn from the figures {digest[:16]}"


def _bars(axes: Axes, rows: Sequence[Row], names: Sequence[str], fault: Fault) -> None:
    """A line for each design: what is wrong, one beside the other."""
    found = {row.contestant: row for row in rows}
    starts = [0.0] * len(names)
    for label, figure, colour in _SERIES:
        shares = [getattr(found[name], figure) / found[name].users if name in found else 0.0 for name in names]
        axes.barh(range(len(names)), shares, left=starts, color=colour, label=label, height=0.7)
        starts = [start + share for start, share in zip(starts, shares, strict=True)]
    for number, name in enumerate(names):
        if name in found and not starts[number]:
            axes.text(0.02, number, "0", va="center", fontsize=8)
    axes.set_title(fault.title, fontsize=8, color=_INK, wrap=True)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0, decimals=0))
    axes.set_xticks([0, 0.5, 1])
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)

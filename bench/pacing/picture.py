"""docs/bench/pacing.svg: what SES accepted and refused, second by second, paced and with Retry alone."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_PACED, _UNPACED, _QUOTA, _INK = "#1f6fb4", "#d1600f", "#222222", "#333333"
_SAME_EVERY_TIME: dict[Any, Any] = {
    "svg.hashsalt": "onlyonce",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.color": _INK,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(figures: Mapping[str, Any], path: Path) -> None:
    """Writes the picture; the same figures give the same bytes."""
    with mpl.rc_context(_SAME_EVERY_TIME):
        picture = Figure(figsize=(9, 5.6), facecolor="white", layout="constrained")
        accepted, refused = picture.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        picture.suptitle(_title(figures), x=0.01, ha="left", fontsize=12.5, fontweight="bold")
        _steps(accepted, figures["accepted_per_second"], figures["unpaced_accepted_per_second"])
        rate = figures["rate"]
        accepted.axhline(
            rate, color=_QUOTA, linestyle=(0, (4, 3)), linewidth=1.3, label=f"SES's rate: {rate:g} a second"
        )
        accepted.set_ylabel("mails accepted\nin each second")
        accepted.set_ylim(0, 2.5 * rate)
        accepted.legend(loc="upper right", frameon=False, ncols=3)
        _steps(refused, figures["refused_per_second"], figures["unpaced_refused_per_second"])
        refused.set_ylabel("requests refused\nin each second")
        refused.set_ylim(bottom=0)
        refused.set_xlabel("seconds since the first mail")
        refused.set_xlim(0, max(map(len, (figures["accepted_per_second"], figures["unpaced_accepted_per_second"]))) + 1)
        for axes in (accepted, refused):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
            axes.set_axisbelow(True)
        picture.savefig(path, format="svg", metadata={"Date": None, "Creator": None, "Description": signature(figures)})


def signature(figures: Mapping[str, Any]) -> str:
    """What the picture says of its origin, so that one of other figures is found out."""
    digest = hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()
    return f"drawn from the figures {digest[:16]}"


def _steps(axes: Axes, paced: Sequence[int], unpaced: Sequence[int]) -> None:
    for values, colour, label, fill in ((unpaced, _UNPACED, "Retry alone", 0.18), (paced, _PACED, "paced", 0.3)):
        ends = [*values, 0]
        edges = range(len(ends) + 1)
        axes.stairs(ends, edges, color=colour, alpha=fill, fill=True)
        axes.stairs(ends, edges, color=colour, linewidth=1.5, label=label)


def _title(figures: Mapping[str, Any]) -> str:
    return (
        f"{figures['messages']:,} mails at {figures['rate']:g} a second: paced {figures['drain_s']:.0f} s and "
        f"{figures['refused']:,} refused requests,\n"
        f"with Retry alone {figures['unpaced_drain_s']:.0f} s and {figures['unpaced_refused']:,}"
    )

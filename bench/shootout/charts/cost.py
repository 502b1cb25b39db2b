"""What AWS takes for a million users, beside SES, where nothing goes wrong."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from bench.shootout.charts import style
from bench.shootout.contestant import Contestant
from bench.shootout.fault import FAULTS
from bench.shootout.row import Row

_LEGEND = (
    "What AWS lists, without SES. Servers, brokers and databases of the designs marked “+ servers” are not counted."
)
_FOR_THE_FIGURES = 1.35
"""Times the longest bar: so wide is the chart, so that what stands beside a bar has room."""


def figure(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> Figure | None:
    """A bar for each design; none where no design was measured undisturbed."""
    undisturbed = {row.contestant: row for row in rows if row.fault == FAULTS[0].name}
    names = style.names(list(undisturbed.values()))
    if not names:
        return None
    chart = Figure(figsize=(8.0, style.height(len(names))), layout="constrained")
    axes = chart.subplots()
    dollars = [undisturbed[name].dollars_per_million for name in names]
    axes.barh(range(len(names)), dollars, color=style.HELD, height=0.7)
    for line, name in enumerate(names):
        servers = "" if contestants[name].sending_functions else "  + servers"
        axes.annotate(
            f"${dollars[line]:,.2f}{servers}",
            (dollars[line], line),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_xlim(0, max([*dollars, 1.0]) * _FOR_THE_FIGURES)
    axes.xaxis.set_major_formatter("${x:,.0f}")
    style.a_line_each(axes, names, contestants)
    style.plain(axes)
    chart.suptitle("Dollars a million users, undisturbed, beside SES", x=0.01, ha="left", fontweight="bold")
    chart.supxlabel(_LEGEND, fontsize=8)
    return chart

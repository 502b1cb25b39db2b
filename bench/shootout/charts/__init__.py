"""A chart for each question, drawn from the rows: docs/bench/shootout.svg, shootout-drain.svg, shootout-cost.svg."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.shootout.charts import cost, drain, outcomes, style
from bench.shootout.contestant import Contestant
from bench.shootout.row import Row


@dataclass(frozen=True)
class Chart:
    suffix: str
    """Of its file, after the name of the rows'."""
    words: str
    """For who does not see it."""
    figure: Callable[[Sequence[Row], Mapping[str, Contestant]], Figure | None]

    def file(self, stem: str) -> str:
        return f"{stem}{self.suffix}.svg"

    def embedded(self, stem: str) -> str:
        """As Markdown, for a document beside it."""
        return f"![{self.words}]({self.file(stem)})"


OUTCOMES = Chart("", "Share of the users with two mails, with none, and held, by design and fault", outcomes.figure)
DRAIN = Chart("-drain", "Drain as a multiple of N/rate, by design and fault", drain.figure)
COST = Chart("-cost", "Dollars a million users beside SES, undisturbed, by design; without servers", cost.figure)
CHARTS = (OUTCOMES, DRAIN, COST)


def draw(rows: Sequence[Row], contestants: Mapping[str, Contestant], path: Path) -> None:
    """Writes the charts beside the rows' file; the same rows give the same bytes."""
    metadata = {"Date": None, "Creator": None, "Description": signature(rows)}
    with mpl.rc_context(style.SAME_EVERY_TIME):
        for chart in CHARTS:
            if figure := chart.figure(rows, contestants):
                figure.savefig(path.with_name(chart.file(path.stem)), format="svg", metadata=metadata)


def signature(rows: Sequence[Row]) -> str:
    """What a chart says of its origin, so that one of other figures is found out."""
    digest = hashlib.sha256(json.dumps([asdict(row) for row in rows], sort_keys=True).encode()).hexdigest()
    return f"drawn from the figures {digest[:16]}"

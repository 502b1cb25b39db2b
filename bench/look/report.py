"""The figures as a table, for the screen and for docs/bench/look.md; and which targets they miss."""

from collections.abc import Mapping

from rich.table import Table

from bench import tables
from bench.tables import Figures

MARKS = tables.marks("look")
TARGETS: Mapping[str, float] = {"seconds_at_most": 2.0, "dollars_at_most": 0.01}
"""At most."""


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return tables.above(figures, TARGETS)


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    table = [["moment", "requests", "read units", "dollars", "status, s", "month page, s"]]
    for moment, one in figures["moments"].items():
        table.append(
            [
                moment,
                f"{one['requests']:,}",
                f"{one['read_units']:,.0f}",
                f"{one['dollars']:.4f}",
                f"{one['status_s']:.2f}",
                f"{one['page_s']:.2f}",
            ]
        )
    return table


def screen(figures: Figures) -> Table:
    return tables.screen(cells(figures))


def rendered(text: str, figures: Figures) -> str:
    """The document with the table as the figures are."""
    return tables.rendered(text, MARKS, tables.markdown(cells(figures)))

"""The figures as a table, for the screen and for docs/bench/accounts.md; and which targets they miss."""

from collections.abc import Mapping

from rich.table import Table

from bench import tables
from bench.tables import Figures

MARKS = tables.marks("accounts")
TARGETS: Mapping[str, float] = {"seen_h": 6.0, "dollars_a_million": 0.5}
"""At most."""


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return tables.above(figures, TARGETS)


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    laps = figures["laps"]
    accounts = [f"$ a million, {name}" for name in next(iter(laps.values()))["dollars_by_account"]]
    head = [
        "messages",
        "requests",
        "read units",
        "a lap, $",
        "CPU, s",
        "minutes",
        "hours apart",
        "seen within, h",
        *accounts,
    ]
    rows = [
        [
            messages, f"{one['requests']:,}", f"{one['read_units']:,}", f"{one['dollars']:.3f}", f"{one['cpu_s']:.0f}",
            f"{one['minutes']:.1f}", f"{one['apart_h']:.1f}", f"{one['seen_h']:.1f}",
            *(f"{dollars:.2f}" for dollars in one["dollars_by_account"].values()),
        ]
        for messages, one in laps.items()
    ]  # fmt: skip
    return [head, *rows]


def screen(figures: Figures) -> Table:
    return tables.screen(cells(figures))


def rendered(text: str, figures: Figures) -> str:
    """The document with the table as the figures are."""
    return tables.rendered(text, MARKS, tables.markdown(cells(figures)))

"""The figures as tables, for the screen and for docs/bench/scale.md; and which targets they miss."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group

from bench import tables
from bench.tables import Figures
from ops.bill.prices import MILLION

MARKS = tables.marks("scale")
TARGETS: Mapping[str, float] = {
    "calls_spread": 0.05,
    "path_spread": 0.05,
    "dollars_spread": 0.05,
    "thinned_calls_off": 0.01,
    "thinned_dollars_off": 0.02,
    "computed_dollars_off": 0.1,
    "undelivered": 0,
    "refused_share": 0.001,
}
"""At most."""


def completed(sizes: Sequence[Figures], thinned: Figures, slow: Figures, undelivered: int) -> dict[str, Any]:
    """`thinned`: of the largest size that is played whole, once more in parts. `slow`: a size whose functions start slowly."""
    whole = next(one for one in sizes if one["users"] == thinned["users"])
    return {
        "calls_spread": spread([one["calls"] for one in sizes]),
        "path_spread": spread([one["dollars"] - one["dollars_of_executions"] for one in sizes]),
        "dollars_spread": spread([one["dollars"] for one in sizes]),
        "thinned_calls_off": off(thinned["calls"], whole["calls"]),
        "thinned_dollars_off": off(thinned["dollars"], whole["dollars"]),
        "computed_dollars_off": max(off(one["computed_dollars"], one["dollars"]) for one in sizes),
        "refused_share": max(round(one["refused"] / one["users"], 5) for one in sizes),
        "undelivered": undelivered,
        "sizes": list(sizes),
        "thinned": thinned,
        "slow": slow,
    }


def spread(values: Sequence[float]) -> float:
    """How far they are from the middle between the least and the most, as a share of it."""
    return round((max(values) - min(values)) / (max(values) + min(values)), 4)


def off(one: float, other: float) -> float:
    """By what share one differs from the other."""
    return round(abs(one / other - 1), 4)


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return tables.above(figures, TARGETS)


def cells(figures: Figures) -> list[list[str]]:
    """The months: head and rows."""
    head = [
        "users", "SES's rate", "a day", "played", "hours", "calls a message", "mails an execution",
        "$ a million", "… for executions", "… for all else", "computed, $ a million", "$ a month",
    ]  # fmt: skip
    named = [(f"{one['users']:,}", one) for one in figures["sizes"]]
    named += [(f"{figures['thinned']['users']:,}, in parts", figures["thinned"])]
    named += [(f"{figures['slow']['users']:,}, slow starts", figures["slow"])]
    return [head, *(_row(name, one) for name, one in named)]


def _row(name: str, one: Figures) -> list[str]:
    return [
        name, f"{one['rate']:,}", f"{one['daily']:,}", f"{one['played']:,}",
        f"{one['hours']:.2f}", f"{one['calls']:.2f}", f"{one['mails_an_execution']:.1f}", f"{one['dollars']:.2f}",
        f"{one['dollars_of_executions']:.2f}", f"{one['dollars'] - one['dollars_of_executions']:.2f}",
        f"{one['computed_dollars']:.2f}", f"{one['dollars'] * one['users'] / MILLION:,.2f}",
    ]  # fmt: skip


def target_cells(figures: Figures) -> list[list[str]]:
    """What is promised: head and rows."""
    words = {
        "calls_spread": "calls a message, from the least to the most: ± of the middle",
        "path_spread": "dollars a million without executions, likewise",
        "dollars_spread": "dollars a million, likewise",
        "thinned_calls_off": "calls a message, in parts and whole: differ by",
        "thinned_dollars_off": "dollars a million, in parts and whole: differ by",
        "computed_dollars_off": "dollars a million, computed and metered: differ at most by",
        "refused_share": "requests that SES refused, of the mails",
        "undelivered": "messages that were played and are not DELIVERED",
    }
    rows = [
        [told, _shown(figures[name], name), _shown(TARGETS[name], name) if name in TARGETS else ""]
        for name, told in words.items()
    ]
    return [["", "measured", "target, at most"], *rows]


def _shown(value: float, name: str) -> str:
    return f"{value:,}" if name == "undelivered" else f"{value:.1%}"


def item_cells(figures: Figures) -> list[list[str]]:
    """What a million cost, item by item: head and rows."""
    sizes = figures["sizes"]
    head = ["$ a million", *(f"{one['users']:,}" for one in sizes)]
    rows = zip(*(one["items"] for one in sizes), strict=True)
    return [head, *([row[0]["name"], *(f"{item['metered_dollars']:.2f}" for item in row)] for row in rows)]


def call_cells(figures: Figures) -> list[list[str]]:
    """Calls a message, by operation: head and rows."""
    sizes = figures["sizes"]
    names = sorted({name for one in sizes for name in one["calls_by_operation"]})
    head = ["calls a message", *(f"{one['users']:,}" for one in sizes)]
    return [head, *([name, *(f"{one['calls_by_operation'].get(name, 0):.4f}" for one in sizes)] for name in names)]


def screen(figures: Figures) -> Group:
    return Group(*(tables.screen(table) for table in (cells(figures), target_cells(figures), item_cells(figures))))


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    shown = (cells(figures), target_cells(figures), item_cells(figures), call_cells(figures))
    return tables.rendered(text, MARKS, *map(tables.markdown, shown))

"""The figures as tables, for the screen and for docs/bench/pacing.md; and which targets they miss."""

from typing import Any

from rich.table import Table

from bench import tables
from bench.tables import Figures

MARKS = tables.marks("pacing")
TARGETS = {
    "drain_ratio": 1.05,
    "refused_fraction": 0.005,
    "duplicates": 0,
    "lost": 0,
    "waiting": 0,
    "sim_drain_ratio": 1.02,
    "sim_refused": 0,
    "sim_max_per_second": 400,
    "sim_max_per_day": 500_000,
    "sim_duplicates": 0,
    "sim_lost": 0,
}
"""At most. What was not run misses nothing. In the simulation: the rate and the declared burst, which is one second's worth."""
_ABSENT = "—"
# A row: what it says, the figure, how it is shown, the simulation's name for it.
_ROWS = (
    ("messages", "messages", "{:,}", "sim_messages"),
    ("SES accepts, mails a second", "rate", "{:g}", "sim_rate"),
    ("first mail to last, seconds", "drain_s", "{:,.1f}", "sim_drain_s"),
    ("the same, to the ideal", "drain_ratio", "{:.4f}", "sim_drain_ratio"),
    ("requests refused for the rate", "refused", "{:,}", "sim_refused"),
    ("refused for each mail accepted", "refused_fraction", "{:.2%}", "sim_refused_fraction"),
    ("most mails in any second", "most_in_any_second", "{:,}", "sim_max_per_second"),
    ("most mails in any 24 hours", "max_per_day", "{:,}", "sim_max_per_day"),
    ("AWS calls for each message", "calls_per_message", "{:.2f}", "sim_calls_per_message"),
    ("mails too many", "duplicates", "{:,}", "sim_duplicates"),
    ("messages lost", "lost", "{:,}", "sim_lost"),
    ("messages that still wait", "waiting", "{:,}", "sim_waiting"),
    ("executions that failed", "executions_failed", "{:,}", "sim_executions_failed"),
)
_SHARED = ("messages", "rate")
"""Of both runs on the embedded AWS."""


def completed(figures: Figures) -> dict[str, Any]:
    """With what follows from the simulation's figures, if there are any."""
    if "sim_messages" not in figures:
        return dict(figures)
    return {**figures, "sim_refused_fraction": round(figures["sim_refused"] / figures["sim_messages"], 6)}


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return [
        f"{name} is {figures[name]:g}, the target is at most {at_most:g}"
        for name, at_most in TARGETS.items()
        if figures.get(name, 0) > at_most
    ]


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows. A column of the simulation if there was one, no row without a figure."""
    simulated = "sim_messages" in figures
    table = [["", "paced", "Retry alone", *(["paced, simulated"] if simulated else []), "target"]]
    for words, name, form, sim_name in _ROWS:
        names = [name, name if name in _SHARED else f"unpaced_{name}", *([sim_name] if simulated else [])]
        shown = [form.format(figures[one]) if one in figures else _ABSENT for one in names]
        target = f"≤ {form.format(TARGETS[name])}" if TARGETS.get(name) else form.format(0) if name in TARGETS else ""
        if set(shown) != {_ABSENT}:
            table.append([words, *shown, target])
    return table


def screen(figures: Figures) -> Table:
    return tables.screen(cells(figures))


def rendered(text: str, figures: Figures) -> str:
    """The document with the table as the figures are."""
    return tables.rendered(text, MARKS, tables.markdown(cells(figures)))

"""The figures as tables, for the screen and for docs/bench/pacing.md; and which targets they miss."""

from dataclasses import asdict
from typing import Any

from rich.table import Table

from bench import tables
from bench.pacing import late
from bench.tables import Figures

MARKS = tables.marks("pacing")
TARGETS = {
    "drain_ratio": 1.02,
    "busy_drain_ratio": 1.05,
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
    "resume_s": 120,
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
"""Of all runs on the embedded AWS."""
_COLUMNS = (
    ("paced", "", "drain_ratio"),
    ("paced, a core busy", "busy_", "busy_drain_ratio"),
    ("Retry alone", "unpaced_", "unpaced_drain_ratio"),
    ("paced, simulated", "sim_", "sim_messages"),
)
"""Title, prefix of the figures' names, and the figure without which there was no such run."""


def completed(figures: Figures) -> dict[str, Any]:
    """With what follows from the simulation's figures, if there are any."""
    if "sim_messages" not in figures:
        return dict(figures)
    return {**figures, "sim_refused_fraction": round(figures["sim_refused"] / figures["sim_messages"], 6)}


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    found = [
        f"{name} is {figures[name]:g}, the target is at most {at_most:g}"
        for name, at_most in TARGETS.items()
        if figures.get(name, 0) > at_most
    ]
    return found + late.missed(figures.get("late", []))


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows. A column for each kind of run that there was, no row without a figure."""
    columns = [(title, prefix) for title, prefix, needed in _COLUMNS if needed in figures]
    table = [["", *(title for title, _ in columns), "target"]]
    for words, name, form, sim_name in _ROWS:
        names = [_name(prefix, name, sim_name) for _, prefix in columns]
        shown = [form.format(figures[one]) if one in figures else _ABSENT for one in names]
        target = f"≤ {form.format(TARGETS[name])}" if TARGETS.get(name) else form.format(0) if name in TARGETS else ""
        if set(shown) != {_ABSENT}:
            table.append([words, *shown, target])
    return table


def _name(prefix: str, name: str, sim_name: str) -> str:
    if prefix == "sim_":
        return sim_name
    return name if name in _SHARED else prefix + name


def late_cells(found: list[dict[str, Any]]) -> list[list[str]]:
    """Head and rows: for each kind of lateness the worst of all rates and sizes of an execution."""
    table = [["", "messages", "drain, beyond the ideal", "the latest wake-up", "longest put off",
              "most in any second, to the rate", "transitions, to those of a punctual run", "refused"]]  # fmt: skip
    for messages in dict.fromkeys(one["messages"] for one in found):
        for kind in late.LATENESSES:
            ones = [one for one in found if one["messages"] == messages and asdict(kind).items() <= one.items()]
            table.append([kind.words, f"{messages:,}", *_worst(ones, found)])
    return table


def _worst(ones: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    latest = max(one["wake_delay_s"] + one["most_late_s"] for one in ones)
    transitions = max(
        one["transitions_per_message"] / late.punctual(one, found)["transitions_per_message"] for one in ones
    )
    return [
        f"{max(one['drain_s'] - late.ideal_s(one) for one in ones):.1f} s",
        f"{latest:.1f} s",
        f"{max(one['longest_put_off_s'] for one in ones):.1f} s",
        f"{max(one['most_in_any_second'] / one['rate'] for one in ones):.2f}",
        f"{transitions:.3f}",
        f"{max(one['refused_fraction'] for one in ones):.2%}",
    ]


def screen(figures: Figures) -> Table:
    return tables.screen(cells(figures))


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    lines = [tables.markdown(cells(figures))]
    if "late" in figures:
        lines.append(tables.markdown(late_cells(figures["late"])))
    if "late_commit" in figures:
        lines.append(f"The table of lateness: measured on commit {figures['late_commit']}.")
    if "resume_s" in figures:
        lines.append(
            f"Back at the full rate {figures['resume_s']:g} seconds after `resume` (target: at most {TARGETS['resume_s']})."
        )
    if "commit" in figures:
        lines.append(f"Measured on commit {figures['commit']}.")
    return tables.rendered(text, MARKS, *lines)

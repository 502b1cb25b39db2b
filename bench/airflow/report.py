"""The figures as tables, for the screen and for docs/bench/airflow.md; and which targets they miss."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from bench import tables
from bench.tables import Figures

MARKS = tables.marks("airflow")
TARGETS: Mapping[str, float] = {
    "duplicates": 0,
    "lost": 0,
    "held": 0,
    "drain_ratio": 1.15,
    "trials_duplicates": 0,
    "trials_lost": 0,
    "trials_failed": 0,
}
"""At most."""
_MONTH = (
    ("users", "users", "{:,}"),
    ("mails", "sent", "{:,}"),
    ("too many", "duplicates", "{:,}"),
    ("lost", "lost", "{:,}"),
    ("held for a person", "held", "{:,}"),
    ("mails a second that SES allows", "rate", "{:g}"),
    ("from the first mail to the last, to users by rate", "drain_ratio", "{:.3f}"),
    ("requests that SES refused", "refused", "{:,}"),
    ("from the DAG's unpausing to its run's end, s", "seconds", "{:,.1f}"),
    ("task instances", "task_instances", "{:,}"),
    ("of them chunks", "chunks", "{:,}"),
    ("Airflow's database, KB", "database_kb", "{:,}"),
)
ON_SCREEN = ("trial", "sent", "duplicates", "lost", "held", "drain_ratio", "seconds", "tries")
"""Of the trials, what a terminal has room for."""
_TRIALS = (
    ("", "trial", "{}"),
    ("users", "users", "{:,}"),
    ("rate", "rate", "{:g}"),
    ("mails", "sent", "{:,}"),
    ("too many", "duplicates", "{:,}"),
    ("lost", "lost", "{:,}"),
    ("held", "held", "{:,}"),
    ("refused", "refused", "{:,}"),
    ("drain", "drain_ratio", "{:.2f}"),
    ("seconds", "seconds", "{:,.0f}"),
    ("task instances", "task_instances", "{:,}"),
    ("tries", "tries", "{:,}"),
    ("database, KB", "database_kb", "{:,}"),
    ("AWS, $ a million", "dollars_per_million", "{:.2f}"),
    ("commit", "commit", "{}"),
)


def completed(month: Figures, trials: Sequence[Figures]) -> dict[str, Any]:
    """`month`: nothing happens in it. Its commit is that of the figures: a trial may be of another."""
    return {
        **{name: value for name, value in month.items() if name != "trial"},
        "trials_duplicates": sum(one["duplicates"] for one in trials),
        "trials_lost": sum(one["lost"] for one in trials),
        "trials_failed": sum(one["runs"] != "success" for one in trials),
        "trials": list(trials),
    }


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return tables.above(figures, TARGETS)


def screen(figures: Figures) -> RenderableType:
    """What is shown at the end."""
    tried = [tables.screen(_tried(figures, ON_SCREEN))] if figures["trials"] else []
    return Group(tables.screen(_month(figures)), *tried)


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    return tables.rendered(text, MARKS, tables.markdown(_month(figures)), tables.markdown(_tried(figures)))


def _month(figures: Figures) -> list[list[str]]:
    told = {name: f"≤ {TARGETS[name]:g}" for name in ("duplicates", "lost", "held", "drain_ratio")}
    head = ["a month on Airflow", figures["versions"], "target"]
    return [head, *([words, form.format(figures[name]), told.get(name, "")] for words, name, form in _MONTH)]


def _tried(figures: Figures, only: Collection[str] = ()) -> list[list[str]]:
    shown = [column for column in _TRIALS if not only or column[1] in only]
    head = [words or "what happens" for words, _, _ in shown]
    return [head, *([form.format(one[name]) for _, name, form in shown] for one in figures["trials"])]

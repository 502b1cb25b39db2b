"""The figures as a table, for the screen and for docs/bench/soak.md; and which targets they miss."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from bench import tables
from bench.soak.left_alone import Standing
from bench.soak.watch import Watched
from bench.tables import Figures
from shared.sweeping.intervals import STRANDED_AFTER

MARKS = ("<!-- figures: written by `make soak` -->", "<!-- end of figures -->")
TARGETS: Mapping[str, float] = {
    "engine_growth": 1.2,
    "memory_growth": 1.2,
    "threads_growth": 1.2,
    "cpu_share": 0.05,
    "sweeps_off": 1,
    "claims_more": 0,
    "other_invocations": 0,
    "moved": 0,
    "mails_more": 0,
    "dead_letters": 0,
}
"""At most."""
_ROWS = (
    ("minutes, left alone", "minutes", "{:,.0f}"),
    ("messages of a month that is finished", "finished", "{:,}"),
    ("messages that wait, the campaign paused", "waiting", "{:,}"),
    ("memory of the engine after ten minutes, MB", "engine_mb_base", "{:,.0f}"),
    ("… at the end", "engine_mb_end", "{:,.0f}"),
    ("… at most", "engine_mb_most", "{:,.0f}"),
    ("… the end to after ten minutes", "engine_growth", "{:.2f}"),
    ("the same with its functions' processes, MB", "memory_mb_end", "{:,.0f}"),
    ("… the end to after ten minutes", "memory_growth", "{:.2f}"),
    ("threads of the engine at the end", "threads_end", "{:,}"),
    ("… to after ten minutes", "threads_growth", "{:.2f}"),
    ("CPU, share of one core", "cpu_share", "{:.4f}"),
    ("sweeps", "sweeps", "{:,}"),
    ("… more or fewer than the schedule asks for", "sweeps_off", "{:,}"),
    ("runs of claim", "claims", "{:,}"),
    ("… more than the sweeper probes the stream", "claims_more", "{:,}"),
    ("runs of all other functions", "other_invocations", "{:,}"),
    ("messages that are new, gone or in another status", "moved", "{:,}"),
    ("mails more or fewer", "mails_more", "{:,}"),
    ("dead letters", "dead_letters", "{:,}"),
)


def figures(
    watched: Watched, before: Standing, after: Standing, counts: Mapping[str, int], asked: int
) -> dict[str, Any]:
    """`counts`: how often each function ran meanwhile, and the dead letters; `asked`: sweeps that the schedule asks for."""
    found: dict[str, Any] = {"minutes": round(watched.seconds / 60, 1), "base_minutes": round(watched.base_s / 60, 1)}
    found |= {"finished": before.mails, "waiting": len(before.messages) - before.mails}
    for name, figure in (
        ("engine_mb", lambda load: load.engine_mb),
        ("memory_mb", lambda load: load.memory_mb),
        ("threads", lambda load: load.threads),
    ):
        base, end = watched.at_base(figure), watched.at_end(figure)
        found |= {f"{name}_base": round(base), f"{name}_end": round(end), f"{name}_most": round(watched.most(figure))}
        found[f"{name.removesuffix('_mb')}_growth"] = round(end / base, 3)
    others = {name: count for name, count in counts.items() if name not in ("sweeper", "claim", "dead_letters")}
    probes = int(watched.seconds // STRANDED_AFTER.total_seconds()) + 1
    return found | {
        "cpu_share": round(watched.cpu_share, 4),
        "sweeps": counts["sweeper"],
        "sweeps_off": abs(counts["sweeper"] - asked),
        "claims": counts["claim"],
        "claims_more": max(0, counts["claim"] - probes),
        "other_invocations": sum(others.values()),
        "moved": len({*before.messages.items()} ^ {*after.messages.items()}),
        "mails_more": abs(after.mails - before.mails),
        "dead_letters": counts["dead_letters"],
    }


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return tables.above(figures, TARGETS)


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    table = [["a stack, left alone", "", "target"]]
    for words, name, form in _ROWS:
        said = words.replace("ten minutes", f"{figures['base_minutes']:g} minutes")
        target = (f"≤ {TARGETS[name]:g}" if TARGETS[name] else "0") if name in TARGETS else ""
        table.append([said, form.format(figures[name]), target])
    return table


def screen(figures: Figures) -> Table:
    return tables.screen(cells(figures))


def rendered(text: str, figures: Figures) -> str:
    """The document with the table as the figures are."""
    return tables.rendered(text, MARKS, tables.markdown(cells(figures)))

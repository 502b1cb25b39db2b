"""The figures as a table, for the screen and for docs/bench/producer.md; and which targets they miss."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import Group

from bench import tables
from bench.producer.latencies import LATENCIES_MS
from bench.tables import Figures

MARKS = tables.marks("producer")
TARGETS: Mapping[str, tuple[float, float]] = {
    "peak_rss_mb": (0, 256),
    "growth_rss": (0, 1.1),
    "calls_per_row": (0, 0.05),
    "speedup_over_loop": (5, float("inf")),
    "growth_calls": (0.9, 1.1),
    "growth_cpu": (0.9, 1.1),
    "missing": (0, 0),
    "refused": (0, 0),
    "embedded_missing": (0, 0),
    "embedded_astray": (0, 0),
    "embedded_uncounted": (0, 0),
}
"""At least and at most. What was not run misses nothing."""
_ABSENT = "—"
_WAYS = ("loop", "threads", "batches")
# A row: what it says, the figure, how it is shown. Of the ways beside the producer the figure's name has theirs before it.
_ROWS = (
    ("rows", "rows", "{:,}"),
    ("seconds", "seconds", "{:,.1f}"),
    ("rows a second", "rows_per_second", "{:,.0f}"),
    ("… to the loop's", "speedup_over_loop", "{:.2f}"),
    ("AWS calls a row", "calls_per_row", "{:.4f}"),
    ("CPU a row, µs", "cpu_us_per_row", "{:,.0f}"),
    ("… the stand-in's", "stand_in_cpu_us_per_row", "{:,.0f}"),
    ("peak memory, MB", "peak_rss_mb", "{:,.0f}"),
    ("… to 1/10 the rows", "growth_rss", "{:.2f}"),
    ("calls, to 1/100", "growth_calls", "{:.3f}"),
    ("CPU, to 1/100", "growth_cpu", "{:.3f}"),
    ("invocations", "invocations", "{:,}"),
    ("not put", "missing", "{:,}"),
    ("put twice", "refused", "{:,}"),
)
_SIZES = (
    ("AWS calls a row", "calls_per_row", "{:.4f}"),
    ("CPU a row, µs", "cpu_us_per_row", "{:,.0f}"),
    ("peak memory, MB", "peak_rss_mb", "{:,.0f}"),
    ("rows a second", "rows_per_second", "{:,.0f}"),
)
_EMBEDDED = (
    ("rows", "embedded_rows", "{:,}"),
    ("seconds", "embedded_seconds", "{:,.1f}"),
    ("rows a second", "embedded_rows_per_second", "{:,.0f}"),
    ("users without a message to their address", "embedded_missing", "{:,}"),
    ("messages to anybody else", "embedded_astray", "{:,}"),
    ("users whom the run record does not count", "embedded_uncounted", "{:,}"),
)


def completed(producer: Sequence[Figures], others: Mapping[str, Figures], embedded: Figures) -> dict[str, Any]:
    """One flat table: the producer's largest size, what grows from the smallest to it, and the other ways; then what came
    of the deployed producer, if it was run.

    `producer`: its runs as they were measured, several of a size or one. Several are compared by their medians.
    """
    sizes = _by_size(producer)
    smallest, before, largest = sizes[0], sizes[-2:][0], sizes[-1][-1]
    figures: dict[str, Any] = dict(largest)
    figures["speedup_over_loop"] = round(largest["rows_per_second"] / others["loop"]["rows_per_second"], 2)
    for name, figure, base in (
        ("growth_calls", "calls_per_row", smallest),
        ("growth_cpu", "cpu_us_per_row", smallest),
        ("growth_rss", "peak_rss_mb", before),
    ):
        figures[name] = round(largest[figure] / _median(base, figure), 3)
    for way, measured in others.items():
        figures |= {f"{way}_{name}": value for name, value in measured.items()}
        loop = others["loop"]["rows_per_second"]
        figures[f"{way}_speedup_over_loop"] = round(measured["rows_per_second"] / loop, 2)
    figures["sizes"] = [dict(one) for one in producer]
    figures["latencies_ms"] = {operation: list(times) for operation, times in LATENCIES_MS.items()}
    return {**figures, **embedded}


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return [
        f"{name} is {figures[name]:g}, the target is {_range(name, '{:g}')}"
        for name, (least, most) in TARGETS.items()
        if name in figures and not least <= figures[name] <= most
    ]


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    table = [["", "producer", "PutItem, one by one", "PutItem, 8 threads", "its batches alone", "target"]]
    for words, name, form in _ROWS:
        names = [name, *(f"{way}_{name}" for way in _WAYS)]
        shown = [form.format(figures[one]) if one in figures else _ABSENT for one in names]
        table.append([words, *shown, _range(name, form) if name in TARGETS else ""])
    return table


def size_cells(figures: Figures) -> list[list[str]]:
    """The producer's sizes, the smallest first: head and rows."""
    sizes = _by_size(figures["sizes"])
    table = [["rows", *(f"{runs[0]['rows']:,}" for runs in sizes)]]
    return table + [[words, *(form.format(_median(runs, name)) for runs in sizes)] for words, name, form in _SIZES]


def embedded_cells(figures: Figures) -> list[list[str]]:
    """What came of the deployed producer: head and rows; nothing if it was not run."""
    if "embedded_rows" not in figures:
        return []
    table = [["on the embedded AWS", "producer", "target"]]
    for words, name, form in _EMBEDDED:
        table.append([words, form.format(figures[name]), _range(name, form) if name in TARGETS else ""])
    return table


def latency_cells(figures: Figures) -> list[list[str]]:
    """What each call takes, as declared: head and rows."""
    table = [["call", "ms", "ms more for each item"]]
    for operation, (call_ms, item_ms) in figures["latencies_ms"].items():
        table.append([operation or "every other", f"{call_ms:g}", f"{item_ms:g}" if item_ms else ""])
    return table


def screen(figures: Figures) -> Group:
    return Group(*(tables.screen(table) for table in (cells(figures), embedded_cells(figures)) if table))


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    shown = (cells(figures), size_cells(figures), embedded_cells(figures), latency_cells(figures))
    return tables.rendered(text, MARKS, *(tables.markdown(table) for table in shown if table))


def _by_size(runs: Sequence[Figures]) -> list[list[Figures]]:
    """The runs of each size, the smallest size first."""
    return [[one for one in runs if one["rows"] == rows] for rows in sorted({one["rows"] for one in runs})]


def _median(runs: Sequence[Figures], name: str) -> float:
    return float(median(one[name] for one in runs))


def _range(name: str, form: str) -> str:
    least, most = TARGETS[name]
    if least == most:
        return form.format(least)
    if not least:
        return f"≤ {form.format(most)}"
    return f"≥ {form.format(least)}" if most == float("inf") else f"{least:g}–{most:g}"

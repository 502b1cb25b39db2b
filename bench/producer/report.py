"""The figures as a table, for the screen and for docs/bench/producer.md; and which targets they miss."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import Group

from bench import tables
from bench.producer import virtual_report
from bench.producer.latencies import LATENCIES_MS
from bench.producer.targets import TARGETS, missed, target
from bench.tables import Figures

__all__ = ["MARKS", "TARGETS", "completed", "missed", "rendered", "screen"]
MARKS = tables.marks("producer")
_ABSENT = "—"
_WAYS = ("loop", "threads", "batches")
# A row: what it says, the figure, how it is shown. {smallest}: by so much the smallest month is smaller. Of the ways beside the
# producer the figure's name has theirs before it.
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
    ("calls, to 1/{smallest}", "growth_calls", "{:.3f}"),
    ("CPU, to 1/{smallest}", "growth_cpu", "{:.3f}"),
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


def completed(
    producer: Sequence[Figures], others: Mapping[str, Figures], virtual: Sequence[Figures], embedded: Figures
) -> dict[str, Any]:
    """One flat table: the producer's largest size, what grows from the smallest to it, and the other ways; then its months in
    virtual time, and what came of the deployed producer, if it was run.

    `producer`: its runs in real time as they were measured, several of a size or one. Several are compared by their medians.
    `virtual`: one of each size, the smallest first.
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
    return {**figures, **virtual_report.figures_of(virtual), **embedded}


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    table = [["", "producer", "PutItem, one by one", "PutItem, 8 threads", "its batches alone", "target"]]
    smallest = figures["rows"] // min(one["rows"] for one in figures["sizes"])
    for words, name, form in _ROWS:
        names = [name, *(f"{way}_{name}" for way in _WAYS)]
        shown = [form.format(figures[one]) if one in figures else _ABSENT for one in names]
        table.append([words.format(smallest=smallest), *shown, target(name, form)])
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
        table.append([words, form.format(figures[name]), target(name, form)])
    return table


def latency_cells(figures: Figures) -> list[list[str]]:
    """What each call takes, as declared: head and rows."""
    table = [["call", "ms", "ms more for each item"]]
    for operation, (call_ms, item_ms) in figures["latencies_ms"].items():
        table.append([operation or "every other", f"{call_ms:g}", f"{item_ms:g}" if item_ms else ""])
    return table


def screen(figures: Figures) -> Group:
    shown = (cells(figures), virtual_report.cells(figures), embedded_cells(figures))
    return Group(*(tables.screen(table) for table in shown if table))


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    shown = (
        cells(figures), size_cells(figures), virtual_report.cells(figures), embedded_cells(figures), latency_cells(figures)
    )  # fmt: skip
    return tables.rendered(text, MARKS, *(tables.markdown(table) for table in shown if table))


def _by_size(runs: Sequence[Figures]) -> list[list[Figures]]:
    """The runs of each size, the smallest size first."""
    return [[one for one in runs if one["rows"] == rows] for rows in sorted({one["rows"] for one in runs})]


def _median(runs: Sequence[Figures], name: str) -> float:
    return float(median(one[name] for one in runs))

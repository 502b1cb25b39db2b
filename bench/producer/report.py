"""The figures as a table, for the screen and for docs/bench/producer.md; and which targets they miss."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bench.producer.latencies import LATENCIES_MS

Figures = Mapping[str, Any]
START, END = "<!-- figures: written by `make bench-producer` -->", "<!-- end of figures -->"
TARGETS: Mapping[str, tuple[float, float]] = {
    "peak_rss_mb": (0, 256),
    "growth_rss": (0, 1.1),
    "calls_per_row": (0, 0.05),
    "speedup_over_loop": (5, float("inf")),
    "growth_calls": (0.9, 1.1),
    "growth_cpu": (0.9, 1.1),
    "missing": (0, 0),
    "refused": (0, 0),
}
"""At least and at most."""
_ABSENT = "—"
_WAYS = ("loop", "threads", "batches")
# A row: what it says, the figure, how it is shown. Of the ways beside the producer the figure's name has theirs before it.
_ROWS = (
    ("rows", "rows", "{:,}"),
    ("seconds", "seconds", "{:,.1f}"),
    ("rows a second", "rows_per_second", "{:,.0f}"),
    ("the same, to the loop's", "speedup_over_loop", "{:.2f}"),
    ("AWS calls for each row", "calls_per_row", "{:.4f}"),
    ("CPU for each row, µs", "cpu_us_per_row", "{:,.0f}"),
    ("of it the stand-in's, µs", "stand_in_cpu_us_per_row", "{:,.0f}"),
    ("peak memory of the process, MB", "peak_rss_mb", "{:,.0f}"),
    ("the same, to a tenth of the rows", "growth_rss", "{:.2f}"),
    ("calls for each row, to a hundredth of the rows", "growth_calls", "{:.3f}"),
    ("CPU for each row, to a hundredth of the rows", "growth_cpu", "{:.3f}"),
    ("invocations", "invocations", "{:,}"),
    ("rows without a message", "missing", "{:,}"),
    ("messages put twice", "refused", "{:,}"),
)
_SIZES = (
    ("AWS calls for each row", "calls_per_row", "{:.4f}"),
    ("CPU for each row, µs", "cpu_us_per_row", "{:,.0f}"),
    ("peak memory of the process, MB", "peak_rss_mb", "{:,.0f}"),
    ("rows a second", "rows_per_second", "{:,.0f}"),
)


def completed(producer: Sequence[Figures], others: Mapping[str, Figures]) -> dict[str, Any]:
    """One flat table: the producer's largest size, what grows from the smallest to it, and the other ways."""
    smallest, before, largest = producer[0], producer[-2:][0], producer[-1]
    figures: dict[str, Any] = dict(largest)
    figures["speedup_over_loop"] = round(largest["rows_per_second"] / others["loop"]["rows_per_second"], 2)
    for name, figure, base in (
        ("growth_calls", "calls_per_row", smallest),
        ("growth_cpu", "cpu_us_per_row", smallest),
        ("growth_rss", "peak_rss_mb", before),
    ):
        figures[name] = round(largest[figure] / base[figure], 3)
    for way, measured in others.items():
        figures |= {f"{way}_{name}": value for name, value in measured.items()}
        loop = others["loop"]["rows_per_second"]
        figures[f"{way}_speedup_over_loop"] = round(measured["rows_per_second"] / loop, 2)
    figures["sizes"] = [dict(one) for one in producer]
    figures["latencies_ms"] = {operation: list(times) for operation, times in LATENCIES_MS.items()}
    return figures


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return [
        f"{name} is {figures[name]:g}, the target is {_range(name, '{:g}')}"
        for name, (least, most) in TARGETS.items()
        if not least <= figures[name] <= most
    ]


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    table = [["", "producer", "PutItem, one by one", "PutItem, 8 threads", "its batches, one pass", "target"]]
    for words, name, form in _ROWS:
        names = [name, *(f"{way}_{name}" for way in _WAYS)]
        shown = [form.format(figures[one]) if one in figures else _ABSENT for one in names]
        table.append([words, *shown, _range(name, form) if name in TARGETS else ""])
    return table


def size_cells(figures: Figures) -> list[list[str]]:
    """The producer's sizes: head and rows."""
    sizes = figures["sizes"]
    table = [["rows", *(f"{one['rows']:,}" for one in sizes)]]
    return table + [[words, *(form.format(one[name]) for one in sizes)] for words, name, form in _SIZES]


def latency_cells(figures: Figures) -> list[list[str]]:
    """What each call takes, as declared: head and rows."""
    table = [["call", "ms", "ms more for each item"]]
    for operation, (call_ms, item_ms) in figures["latencies_ms"].items():
        table.append([operation or "every other", f"{call_ms:g}", f"{item_ms:g}" if item_ms else ""])
    return table


def screen(figures: Figures) -> Table:
    head, *rows = cells(figures)
    table = Table(header_style="bold")
    for number, title in enumerate(head):
        table.add_column(title, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def rendered(text: str, figures: Figures) -> str:
    """The document with the tables as the figures are."""
    parts = [_markdown(table) for table in (cells(figures), size_cells(figures), latency_cells(figures))]
    pattern = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: "\n".join([START, "\n\n".join(parts), END]), text)


def _markdown(table: list[list[str]]) -> str:
    head, *rows = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |").replace("|  |", "| |") for line in lines)


def _range(name: str, form: str) -> str:
    least, most = TARGETS[name]
    if least == most:
        return form.format(least)
    if not least:
        return f"≤ {form.format(most)}"
    return f"≥ {form.format(least)}" if most == float("inf") else f"{least:g}–{most:g}"

"""The months in virtual time: their figures, and their table."""

from collections.abc import Sequence
from typing import Any

from bench.producer.targets import target
from bench.tables import Figures

JUDGED = 10_000_000
"""The rows that the target for the minutes is for. A larger month may take longer."""
_ABSENT = "—"
_GROWTH = {"growth_calls": "calls_per_row", "growth_cpu": "cpu_us_per_row", "growth_rss": "peak_rss_mb"}
_ROWS = (
    ("minutes", "minutes", "{:,.1f}"),
    ("rows a second", "rows_per_second", "{:,.0f}"),
    ("AWS calls a row", "calls_per_row", "{:.4f}"),
    ("… to 1/10 the rows", "growth_calls", "{:.3f}"),
    ("CPU a row, µs", "cpu_us_per_row", "{:,.0f}"),
    ("… to 1/10 the rows", "growth_cpu", "{:.3f}"),
    ("… the stand-in's", "stand_in_cpu_us_per_row", "{:,.0f}"),
    ("peak memory, MB", "peak_rss_mb", "{:,.0f}"),
    ("… to 1/10 the rows", "growth_rss", "{:.2f}"),
    ("invocations", "invocations", "{:,}"),
    ("not put", "missing", "{:,}"),
    ("put twice", "refused", "{:,}"),
)


def figures_of(runs: Sequence[Figures]) -> dict[str, Any]:
    """The largest month's figures, `virtual_` before their names, what grows from its tenth to it, and all months' figures.

    `runs`: one of each size, the smallest first.
    """
    smallest, largest = runs[0], runs[-1]
    named = {f"virtual_{name}": value for name, value in largest.items()}
    if largest["rows"] <= JUDGED:
        named["virtual_minutes"] = round(largest["seconds"] / 60, 1)
    for name, figure in _GROWTH.items():
        named[f"virtual_{name}"] = round(largest[figure] / smallest[figure], 3)
    for name in ("missing", "refused"):
        named[f"virtual_{name}"] = sum(one[name] for one in runs)
    return {**named, "virtual_sizes": [dict(one) for one in runs]}


def cells(figures: Figures) -> list[list[str]]:
    """Head and rows."""
    shown = [{**one, "minutes": one["seconds"] / 60} for one in figures["virtual_sizes"]]
    shown[-1] |= {name: figures[f"virtual_{name}"] for name in _GROWTH}
    table = [["in virtual time, rows", *(f"{one['rows']:,}" for one in shown), "target"]]
    for words, name, form in _ROWS:
        values = [form.format(one[name]) if name in one else _ABSENT for one in shown]
        judged = f"virtual_{name}" in figures
        table.append([words, *values, target(f"virtual_{name}", form) if judged else ""])
    return table
